"""How fast, how late, how dear: our server and others at the same work, on this machine. `python -m tests.bench`."""
