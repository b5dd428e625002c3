"""What has gone over the wire and has not been looked at yet."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from queue import SimpleQueue

from schema.messages import Side

#: Octets that wait to be looked at. Whoever shows them may be slow, as a terminal that was stopped with Ctrl+S is, and
#: nobody on the wire waits for that: what comes beyond is passed on and not looked at.
MAX_WAITING = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """`client` and `server` are the ends as they are written in a place; times are nanoseconds since 1970."""

    connection: int
    client: str
    server: str
    time: int


@dataclass(frozen=True, slots=True)
class Octets:
    connection: int
    sender: Side
    octets: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Missed:
    """So many octets went by unseen."""

    connection: int
    sender: Side
    count: int
    time: int


@dataclass(frozen=True, slots=True)
class Closed:
    """`seen` is whether client or server ended it; otherwise we did."""

    connection: int
    seen: bool
    time: int


@dataclass(frozen=True, slots=True)
class Unserved:
    """A client whose connection could not be passed on."""

    connection: int
    client: str
    reason: str
    time: int


Happening = Opened | Octets | Missed | Closed | Unserved


class Backlog:
    """Safe to use from any thread; one of them gets."""

    def __init__(self, limit: int = MAX_WAITING) -> None:
        self._limit = limit
        self._queue: SimpleQueue[Happening | None] = SimpleQueue()
        # Guards _waiting and _missed, and keeps a Missed before what follows it.
        self._lock = threading.Lock()
        self._waiting = 0
        self._missed: dict[tuple[int, Side], int] = {}

    def put(self, happening: Happening) -> None:
        """Never waits."""
        with self._lock:
            if isinstance(happening, Octets):
                key = happening.connection, happening.sender
                size = len(happening.octets)
                if self._waiting + size > self._limit:
                    self._missed[key] = self._missed.get(key, 0) + size
                    return
                self._waiting += size
                self._tell_missed(*key, happening.time)
            elif isinstance(happening, Closed):
                for side in Side:
                    self._tell_missed(happening.connection, side, happening.time)
            self._queue.put(happening)

    def end(self) -> None:
        """Nothing more comes."""
        self._queue.put(None)

    def get(self) -> Happening | None:
        """The next, once there is one; None after the end."""
        happening = self._queue.get()
        if isinstance(happening, Octets):
            with self._lock:
                self._waiting -= len(happening.octets)
        return happening

    def _tell_missed(self, connection: int, sender: Side, time: int) -> None:
        if count := self._missed.pop((connection, sender), 0):
            self._queue.put(Missed(connection, sender, count, time))
