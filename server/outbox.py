"""What waits to be sent on one connection: bounded, and filled only where the socket does not take it at once."""

from __future__ import annotations

import threading

#: Octets handed to one send: what a socket's buffer takes at once, more would only be copied in vain.
_MAX_CHUNK = 256 * 1024


class Outbox:
    """Whole frames in the order of `put`. It belongs to the delivery, but for `closing` and `finished`."""

    def __init__(self, limit: int) -> None:
        """`limit` is in octets."""
        self._limit = limit
        self._frames: list[bytes] = []
        self._size = 0
        # What is left of a chunk that the socket did not take whole.
        self._rest = b""
        self._closed = False
        #: Whether nothing is to be sent any more, not even what has begun.
        self.abandoned = False
        #: Whether the conversation is over: set, by whoever ends it, before the delivery closes the outbox.
        self.closing = False
        # Held until `finish`. An event would do, and takes more than a KiB, which every idle connection would have.
        self._unfinished = threading.Lock()
        self._unfinished.acquire()

    @property
    def empty(self) -> bool:
        """Whether nothing waits, so that what comes next may be sent at once."""
        return not (self._rest or self._frames or self._closed)

    def put(self, frames: bytes) -> bool:
        """Appends whole frames; after `close` they are dropped. False where the outbox is over its limit."""
        if self._closed:
            return True
        self._frames.append(frames)
        self._size += len(frames)
        return self._size <= self._limit

    def put_rest(self, rest: bytes) -> None:
        """What a socket did not take of frames that were sent past an empty outbox."""
        self._rest = rest

    def close(self, last: bytes = b"", *, drop: bool = False) -> None:
        """Sends what is there and then `last`, and no more. With `drop` only what has begun to be sent, and `last`."""
        self.closing = True
        if drop:
            self._frames.clear()
        if not self._closed and last:
            self._frames.append(last)
        self._closed = True

    def abandon(self) -> None:
        """Drops everything: the connection is dead."""
        self._frames.clear()
        self._rest = b""
        self._closed = self.closing = self.abandoned = True

    def take(self) -> bytes:
        """What to send next; empty where there is nothing. The same again until `sent` is told."""
        if not self._rest and self._frames:
            count = size = 0
            while count < len(self._frames) and size < _MAX_CHUNK:
                size += len(self._frames[count])
                count += 1
            self._size -= size
            self._rest = b"".join(self._frames[:count])
            del self._frames[:count]
        return self._rest

    def sent(self, count: int) -> bool:
        """The first `count` octets of what was taken are sent. Whether anything is left."""
        self._rest = self._rest[count:]
        return bool(self._rest or self._frames)

    @property
    def drained(self) -> bool:
        """Whether it is closed and everything is sent."""
        return self._closed and not self._rest and not self._frames

    def finish(self) -> None:
        """For the delivery, once: it will not touch the socket again."""
        self._unfinished.release()

    def wait(self, seconds: float = -1) -> bool:
        """Waits for `finish`, without end where no time is given; whether it has come. For one thread at a time."""
        finished = self._unfinished.acquire(timeout=seconds)
        if finished:
            self._unfinished.release()
        return finished
