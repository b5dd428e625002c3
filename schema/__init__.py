"""The contract of xmlchat: what travels between a client and a server, and the one encoder and decoder for it.

Nothing here opens a socket, starts a thread or reads a clock, but for the commands in schema/tools, which nothing
imports.
"""
