"""Tests of the kits, and the broken clients and servers that the kits have to tell from sound ones."""
