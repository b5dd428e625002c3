"""Hearing what the library has for whoever uses it, up to what a test waits for."""

from __future__ import annotations

from client import Client
from schema.messages import Message


def until(client: Client, wanted: type[Message]) -> list[Message]:
    """What has come up to and with the first of these."""
    found: list[Message] = []
    for event in client.events():
        found.append(event)
        if isinstance(event, wanted):
            return found
    raise AssertionError(found)
