"""Tests of the server, one file for each of its source files."""
