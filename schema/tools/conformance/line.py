"""One connection with its socket. Everything that waits has a deadline and waits for octets, never for time to pass."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
from collections.abc import Callable
from time import monotonic

from schema.bucket import TokenBucket
from schema.tools.conformance.check import Failed
from schema.tools.conformance.inbox import Inbox
from schema.tools.conformance.pattern import Pattern

#: Octets read at once.
_READ = 64 * 1024

#: With no time to linger, closing resets the connection.
_RESET = struct.pack("ii", 1, 0)


class Line:
    """Belongs to one thread. `timeout` is in seconds, for each thing that is waited for."""

    def __init__(self, connected: socket.socket, inbox: Inbox, timeout: float) -> None:
        self.socket = connected
        self.inbox = inbox
        self._timeout = timeout
        #: Whether the other side has ended the connection, and how: `closed` or `reset`.
        self.ended = ""
        self._is_closed = False
        # What is left of a frame that was begun, and what has to wait until it is finished.
        self._unsent = self._waiting = b""
        #: How fast the other side takes commands, for which one call of `send` counts.
        self.pace: TokenBucket | None = None
        #: Pings of our own that were sent.
        self.pings = 0

    def send(self, octets: bytes, piece: int = 0) -> None:
        """Sends in pieces of so many octets, each of which goes out by itself; 0 is all at once.

        Where the other side has hung up, that is found when it is listened to.
        """
        if self.pace is not None:
            self._wait_for_leave(self.pace)
        self.inbox.said(octets)
        self._write(octets, piece)

    def begin(self, octets: bytes, count: int) -> None:
        """Sends the first `count` octets of a frame; until `finish` has sent the rest, answers wait."""
        self._unsent = octets[count:]
        self.send(octets[:count])

    def finish(self) -> None:
        octets, self._unsent, self._waiting = self._unsent + self._waiting, b"", b""
        self.send(octets)

    def hear(self, *patterns: Pattern, in_order: bool = False) -> None:
        """Waits for documents that fit these. Raises Failed."""
        deadline = monotonic() + self._timeout
        after = 0
        for pattern in patterns:
            while (place := self.inbox.take(pattern, after)) is None:
                self._read_until(deadline, f"expected {pattern.said}")
            after = place if in_order else 0

    def wait_for(self, done: Callable[[], bool], what: str) -> None:
        """Listens until something is so. Raises Failed."""
        deadline = monotonic() + self._timeout
        while not done():
            self._read_until(deadline, what)

    def wait_for_end(self) -> None:
        """Listens until the other side ends the connection. Raises Failed."""
        deadline = monotonic() + self._timeout
        while not self.ended:
            if not self._read(deadline):
                raise Failed(f"the connection did not end; it brought {self.inbox.described()}")

    def listen(self, seconds: float, until: Callable[[], object] = lambda: False) -> None:
        """Takes what comes for so long, or until the end, or until something is so."""
        deadline = monotonic() + seconds
        while not self.ended and not until() and self._read(deadline):
            pass

    def drain(self) -> None:
        """Takes what is there, without waiting."""
        while not self.ended and self._is_readable(0.0):
            self._read(monotonic())

    def close(self) -> None:
        """May be called again."""
        if not self._is_closed:
            self._is_closed = True
            self.ended = self.ended or "closed here"
            self.inbox.ended()
            self.socket.close()

    def cut(self) -> None:
        """Ends the connection as one ends that breaks."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close()

    def _wait_for_leave(self, pace: TokenBucket) -> None:
        while not self.ended and (wait := pace.take(monotonic())):
            self.listen(wait)

    def _write(self, octets: bytes, piece: int = 0) -> None:
        self.socket.settimeout(self._timeout)
        with contextlib.suppress(OSError):
            for start in range(0, len(octets), piece or len(octets) or 1):
                self.socket.sendall(octets[start : start + (piece or len(octets))])

    def _read_until(self, deadline: float, expected: str) -> None:
        """Raises Failed where nothing more comes."""
        if self.ended:
            raise Failed(f"{expected}, and the connection was {self.ended}; it brought {self.inbox.described()}")
        if not self._read(deadline):
            raise Failed(f"{expected}, got {self.inbox.described()}")

    def _is_readable(self, seconds: float) -> bool:
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            return True
        return bool(select.select([self.socket], [], [], seconds)[0])

    def _read(self, deadline: float) -> bool:
        """Takes what comes, or the end. False where neither did."""
        if not self._is_readable(max(0.0, deadline - monotonic())):
            return False
        try:
            self.socket.settimeout(self._timeout)
            octets = self.socket.recv(_READ)
        except TimeoutError:
            return False
        except OSError:
            self.ended = "reset"
            return True
        if not octets:
            self.ended = "closed"
            return True
        answers = self.inbox.heard(octets)
        if self._unsent:
            self._waiting += answers
        elif answers:
            self.inbox.said(answers)
            self._write(answers)
        return True
