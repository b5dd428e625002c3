"""Leaving, from a terminal."""

from __future__ import annotations

from collections.abc import Callable

from client.connection import Client


def say_farewell(client: Client, tell: Callable[[str], None]) -> None:
    """Waits until everything sent is answered and says ex. Raises Disconnected.

    Where the connection is down it waits for it too, and says so, unless there is nothing to send.
    """
    if client.coming_back and client.settle(0):
        # There is nobody to log out from, and nothing to wait for.
        client.close()
        return
    if client.coming_back:
        tell("* Waiting for the connection, to send what was not sent. Ctrl-C leaves at once.")
    client.settle()
    client.ex()
