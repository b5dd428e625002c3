"""What the client itself has to tell, among the documents of the server."""

from __future__ import annotations

from dataclasses import dataclass

from schema.messages import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDown(Message):
    """The connection is lost; the client tries to come back by itself. It is never on the wire."""

    element = "link-down"
    senders = frozenset()
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUp(Message):
    """The client is back, and what was not answered is sent again. It is never on the wire."""

    element = "link-up"
    senders = frozenset()
