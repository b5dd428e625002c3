"""Random documents against the decoder, the framing and the client; `python -m tests.fuzz --help`."""
