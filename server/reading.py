"""How the server learns what a client has read: a ping after it, whose pong comes when everything before was read."""

from __future__ import annotations

import threading
from collections import deque

from schema.messages import Ping, Pong

_PREFIX = "read-"

#: Pings whose pong a connection may owe. One that owes more reads what it is sent and says nothing to it; what the
#: oldest of them asked, a later pong says as well.
MAX_OWED = 1_000


class Reading:
    """What one connection was asked whether it has read it. Safe to use from any thread.

    Only a pong to one of these pings counts, and once: pongs are not counted as commands, and each that counts is
    written to disk.
    """

    def __init__(self) -> None:
        # Guards _owed; held for a few instructions.
        self._lock = threading.Lock()
        # The numbers of the messages, in the order in which the pings were made.
        self._owed: deque[int] = deque(maxlen=MAX_OWED)

    def ping(self, seq: int) -> Ping:
        """To be sent after a message and whatever came before it."""
        with self._lock:
            self._owed.append(seq)
        return Ping(id=f"{_PREFIX}{seq}")

    def pong(self, pong: Pong) -> int | None:
        """The message that a pong is the sign for; None if it answers another ping, or none."""
        with self._lock:
            read = next((seq for seq in self._owed if pong.re == f"{_PREFIX}{seq}"), None)
            # Pings are answered in their order: who has read this has read what was asked before.
            while read is not None and self._owed.popleft() != read:
                pass
            return read
