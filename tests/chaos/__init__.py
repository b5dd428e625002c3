"""Proof by trouble: a server is killed, cut off, starved and flooded, and it is checked that nothing was lost.

Each scenario is a command, `python -m tests.chaos NAME`, and runs with small numbers in tests/test_chaos.py. README.md
says what each proves, and with which figures.
"""
