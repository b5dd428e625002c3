"""The client, from its sans-I/O parts to real processes in a terminal."""
