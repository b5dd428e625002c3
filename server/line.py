"""A connection as the delivery sees it: a socket, what waits for it, and whom to tell."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Protocol

from server.outbox import Outbox


class Source(Protocol):
    """Where the delivery gets what it sends; an outbox is one."""

    def take(self) -> bytes:
        """What to send next; empty where there is nothing for now. The same again until `sent` is told."""

    def sent(self, count: int) -> bool:
        """The first `count` octets of what was taken are sent. Whether there may be more."""

    @property
    def drained(self) -> bool:
        """Whether everything is sent, and nothing more will come."""


class Addressee(Protocol):
    """Whoever has a line."""

    @property
    def line(self) -> Line:
        """Where to send to."""


@dataclass(eq=False, slots=True)
class Line:
    number: int
    socket: socket.socket
    outbox: Outbox
    #: The outbox itself, or what seals its content.
    source: Source
    #: Called by whoever sends, where the outbox is over its limit, and where the client has taken nothing for too long.
    #: They must not block.
    too_slow: Callable[[], None]
    give_up: Callable[[], None]
    #: Frames, and what else is to be done, in the order in which any thread asked for it, before the delivery has come
    #: to it.
    inbox: SimpleQueue[bytes | Callable[[], None]] = field(default_factory=SimpleQueue)
    #: Whether frames may go past the outbox while it is empty: they are neither sealed nor recorded.
    direct: bool = False
    #: Whether the delivery sends on it.
    attached: bool = False
    #: When it was found unable to take more, on the monotonic clock; None while it is able.
    stalled: float | None = None
