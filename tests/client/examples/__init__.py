"""Drives the clients in client/examples, which are written in other languages, and measures what they can do.

`python -m tests.client.examples` writes the table in client/examples/README.md; test_examples.py checks it.
"""
