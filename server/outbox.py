"""What waits to be sent on one connection: bounded, filled from any thread, emptied by the delivery thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

#: Octets handed to one send: what a socket's buffer takes at once, more would only be copied in vain.
_MAX_CHUNK = 256 * 1024


class Outbox:
    """Whole frames in the order of `put`. No method blocks."""

    def __init__(self, limit: int, ready: Callable[[Outbox], None]) -> None:
        """`ready` is called, outside the lock, when there is something to do for the delivery thread."""
        self._limit = limit
        self._ready = ready
        # Guards all below. Held for a few instructions only; nothing is called under it.
        self._lock = threading.Lock()
        self._frames: deque[bytes] = deque()
        self._size = 0
        # What is left of a chunk that the socket did not take whole.
        self._rest = b""
        self._closed = False
        #: Whether nothing is to be sent any more, not even what has begun.
        self.abandoned = False
        # Whether the delivery thread knows that there is something to do.
        self._announced = False
        #: Set by the delivery thread when it will not touch the socket again.
        self.finished = threading.Event()

    def put(self, frames: bytes) -> bool:
        """Appends whole frames; after `close` they are dropped. False where the outbox is over its limit."""
        with self._lock:
            if self._closed:
                return True
            self._frames.append(frames)
            self._size += len(frames)
            fits = self._size <= self._limit
            announce, self._announced = not self._announced, True
        if announce:
            self._ready(self)
        return fits

    def close(self, last: bytes = b"", *, drop: bool = False) -> None:
        """Sends what is there and then `last`, and no more. With `drop` only what has begun to be sent, and `last`."""
        with self._lock:
            if drop:
                self._frames.clear()
            if not self._closed and last:
                self._frames.append(last)
            self._closed = True
            announce, self._announced = not self._announced, True
        if announce:
            self._ready(self)

    def abandon(self) -> None:
        """Drops everything: the connection is dead."""
        with self._lock:
            self._frames.clear()
            self._rest = b""
            self._closed = self.abandoned = True
        # Also where the delivery thread knows already that there is something to do: it may be waiting for a socket
        # that will never take any more.
        self._ready(self)

    def announce(self) -> None:
        """Calls for the delivery thread: there is something to send that stands in no frame."""
        self._ready(self)

    def is_closed(self) -> bool:
        """Whether nothing more is taken: the conversation is over."""
        return self._closed

    def take(self) -> bytes:
        """For the delivery thread: what to send next; empty where there is nothing."""
        with self._lock:
            if self._rest:
                return self._rest
            self._announced = False
            if len(self._frames) == 1:
                self._rest = self._frames.popleft()
            else:
                chunk = []
                size = 0
                while self._frames and size < _MAX_CHUNK:
                    chunk.append(self._frames.popleft())
                    size += len(chunk[-1])
                self._rest = b"".join(chunk)
            self._size -= len(self._rest)
            return self._rest

    def sent(self, count: int) -> bool:
        """For the delivery thread: the first `count` octets of what was taken are sent. Whether anything is left."""
        with self._lock:
            self._rest = self._rest[count:]
            return bool(self._rest or self._frames)

    @property
    def drained(self) -> bool:
        """Whether it is closed and everything is sent."""
        with self._lock:
            return self._closed and not self._rest and not self._frames
