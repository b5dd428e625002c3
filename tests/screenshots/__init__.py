"""Pictures of the client for its documentation, taken from a real conversation: `python -m tests.screenshots`."""
