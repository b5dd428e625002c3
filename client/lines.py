"""The lines of the standard input, in a way that another thread can end."""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Iterator

from schema.limits import MAX_DOCUMENT

#: Octets read at once.
_READ = 64 * 1024

#: Octets kept of a line: more than a document may have. A line of this length has been cut and cannot be sent.
MAX_LINE = 2 * MAX_DOCUMENT

#: Seconds waited at once, so that a signal that comes just before the wait is seen after it.
_WAIT = 0.5


class Lines:
    """Iterate over it for lines without their end; a last line need not have one. `stop` ends it from any thread.

    A line is cut at MAX_LINE.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        # An octet in this pair wakes the reader.
        self._waker, self._wakened = socket.socketpair()
        # poll takes files too, which are always ready; epoll refuses them.
        self._selector = selectors.PollSelector()
        self._selector.register(self._wakened, selectors.EVENT_READ)
        self._selector.register(descriptor, selectors.EVENT_READ)
        self._stopped = False

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        while not self._stopped:
            octets = self._read()
            if octets is None:
                return
            if not octets:
                if rest:
                    yield rest
                return
            *whole, rest = (rest + octets).split(b"\n")
            rest = rest[:MAX_LINE]
            for line in whole:
                yield line[:MAX_LINE].removesuffix(b"\r")

    def stop(self) -> None:
        self._stopped = True
        self._waker.send(b"\0")

    def close(self) -> None:
        self._selector.close()
        self._waker.close()
        self._wakened.close()

    def _read(self) -> bytes | None:
        """What is there; empty at the end; None when stopped."""
        while not (events := self._selector.select(_WAIT)):
            pass
        ready = [key.fileobj for key, _ in events]
        if self._wakened in ready:
            return None
        return os.read(self._descriptor, _READ)
