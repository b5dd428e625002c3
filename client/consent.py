"""Asking before a password is sent that others can read."""

from __future__ import annotations

import sys

from client.asker import Asker
from client.connection import Client
from client.safe import put
from schema.errors import ChatError

_IN_CLEAR = (
    "xmlchat: The connection is not encrypted: your password and all messages can be read on the way. Use --tls if the "
    "server offers it."
)


class Declined(ChatError):
    """The person does not want to send a password in clear."""


def consider(client: Client, asker: Asker | None) -> None:
    """Warns before a password is sent that others can read; raises Declined where somebody thinks better of it."""
    if not client.in_clear:
        return
    put(_IN_CLEAR, sys.stderr)
    if asker is not None and asker.ask("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        raise Declined("Nothing was sent.")
