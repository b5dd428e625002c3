"""Conformance: a client or a server is led through scripts, and each check names the sentence that it holds them to."""
