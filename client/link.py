"""One TCP connection to a server: a thread that sends, and documents for whoever receives."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Self

from client.errors import Unreachable
from schema.codec import decode
from schema.errors import Refusal
from schema.framing import FrameReader, frame
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Message, Side

#: Octets read at once.
_READ = 64 * 1024

#: Milliseconds that octets may be on their way without an acknowledgement.
_UNACKNOWLEDGED = 30_000

#: Seconds that `close` lets the last frames go out.
_LINGER = 2.0


class Link:
    """`received` and `close` are for one reader; the others may be called from any thread.

    Only the reader closes the socket. Where somebody else does while it waits there, and the number of the socket is
    given to the next one at once, the system goes on waiting with that one: for something to come that never will.
    """

    def __init__(self, connected: socket.socket) -> None:
        """Takes over a connected socket and starts the sending thread."""
        self._socket = connected
        self._outgoing: SimpleQueue[bytes | None] = SimpleQueue()
        #: What the server sends, in order; None where nothing came for as long as `patience` said. Ends with the
        #: stream; raises Refusal where the server sends what cannot be read, and OSError where the connection breaks.
        self.received: Iterator[Message | None] = self._receive()
        self._sender = threading.Thread(target=self._send, name="client-sender")
        self._sender.start()

    @classmethod
    def connect(cls, host: str, port: int, timeout: float) -> Self:
        """Raises Unreachable. `timeout` is also the first patience."""
        try:
            connected = socket.create_connection((host, port), timeout)
        except (OSError, UnicodeError, OverflowError) as error:
            # The last two come from a host that is no host name, and a port that is no port.
            reason = getattr(error, "strerror", None) or error
            raise Unreachable(f"Nobody answers at {host}:{port}: {reason}.") from None
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # As a rule pings notice a dead link; the system notices one on which octets are not acknowledged.
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED)
        return cls(connected)

    def patience(self, seconds: float) -> None:
        """How long nothing may come until `received` says so, and nothing be taken until sending is given up."""
        self._socket.settimeout(seconds)

    def send(self, document: bytes) -> None:
        """Queues a document."""
        self._outgoing.put(frame(document))

    def hang_up(self) -> None:
        """Ends the stream, wherever the reader and the sender wait."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def finish(self) -> None:
        """Sends what is queued, for a moment, and ends the stream and the sending thread. May be called again."""
        self._outgoing.put(None)
        try:
            self._sender.join(_LINGER)
        finally:
            self.hang_up()
        self._sender.join()

    def close(self) -> None:
        """Does the same and gives the socket back. May be called again."""
        self.finish()
        self._socket.close()

    def _send(self) -> None:
        try:
            while (octets := self._outgoing.get()) is not None:
                self._socket.sendall(octets)
        except OSError:
            # The reader finds the end of the stream and says why.
            self.hang_up()

    def _receive(self) -> Iterator[Message | None]:
        frames = FrameReader(MAX_SERVER_DOCUMENT)
        while True:
            try:
                octets = self._socket.recv(_READ)
            except TimeoutError:
                yield None
                continue
            if not octets:
                return
            for item in frames.feed(octets):
                if isinstance(item, Refusal):
                    raise item
                yield decode(item, Side.SERVER)
