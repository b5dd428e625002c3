"""The xmlchat client: a library, and on it the command line `python -m client`.

from client import Client

with Client.connect("127.0.0.1", 7700) as chat:
    chat.login("alice", "correct horse", register=True)
    chat.pm("hello everyone")
    for event in chat.events():
        print(event)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from client.connection import Client
    from client.errors import Disconnected, Refused, ServerFault, Unreachable, Unverified

__all__ = ["Client", "Disconnected", "Refused", "ServerFault", "Unreachable", "Unverified"]


def __getattr__(name: str) -> Any:
    """Imports what is asked for only then, so that `python -m client --help` does not load the codec."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("client.connection" if name == "Client" else "client.errors"), name)
