"""One connection to a server, with TLS or without: a thread that sends, and documents for whoever receives."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Self

from client.errors import Unreachable
from client.trust import shake_hands
from schema.codec import decode
from schema.endpoint import endpoint, is_loopback
from schema.errors import Refusal
from schema.framing import FrameReader, frame
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Message, Side
from schema.tls import Tls, TlsFailure

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

    def __init__(self, connected: socket.socket, engine: Tls | None = None, early: bytes = b"") -> None:
        """Takes over a connected socket and starts the sending thread.

        `engine` has its handshake behind it, and `early` is what it has received since.
        """
        self._socket = connected
        # None without TLS.
        self._engine = engine
        #: Whether what is sent can be read on its way to another machine.
        self.in_clear = engine is None and not _is_local(connected)
        # Guards the engine, which both threads use. Neither reads nor writes the socket while it holds this, and the
        # sending thread alone sends, so that what the engine has to say goes out in order.
        self._lock = threading.Lock()
        self._outgoing: SimpleQueue[bytes | None] = SimpleQueue()
        #: What the server sends, in order; None where nothing came for as long as `patience` said. Ends with the
        #: stream; raises Refusal where the server sends what cannot be read, and OSError where the connection breaks.
        self.received: Iterator[Message | None] = self._receive(early)
        self._sender = threading.Thread(target=self._send, name="client-sender")
        self._sender.start()

    @classmethod
    def connect(cls, host: str, port: int, timeout: float, tls: ssl.SSLContext | None = None) -> Self:
        """With `tls` the certificate has to be for `host`. `timeout` is also the first patience.

        Raises Unreachable; with TLS, Unverified and ServerFault too.
        """
        where = endpoint(host, port)
        try:
            connected = socket.create_connection((host, port), timeout)
        except (OSError, UnicodeError, OverflowError) as error:
            # The last two come from a host that is no host name, and a port that is no port.
            raise Unreachable(f"Nobody answers at {where}: {_reason(error)}.") from None
        if tls is None:
            _tune(connected)
            return cls(connected)
        try:
            _tune(connected)
            engine = Tls(tls, host)
            early = shake_hands(connected, engine, where, timeout)
            connected.settimeout(timeout)
            return cls(connected, engine, early)
        except OSError as error:
            connected.close()
            raise Unreachable(f"The connection to {where} was lost before TLS had begun: {_reason(error)}.") from None
        except BaseException:
            connected.close()
            raise

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
                self._socket.sendall(self._seal(octets))
            self._socket.sendall(self._seal_off())
        except (OSError, TlsFailure):
            # The reader finds the end of the stream and says why.
            self.hang_up()

    def _seal(self, octets: bytes) -> bytes:
        """What to send for these: with TLS, what the engine has to say goes before it."""
        if self._engine is None:
            return octets
        with self._lock:
            self._engine.seal(octets)
            return self._engine.take()

    def _seal_off(self) -> bytes:
        """What to send at the end."""
        if self._engine is None:
            return b""
        with self._lock:
            self._engine.close()
            return self._engine.take()

    def _open(self, octets: bytes) -> bytes:
        """What is for us in octets that came. Raises ConnectionError where TLS finds them damaged."""
        if self._engine is None:
            return octets
        try:
            with self._lock:
                opened = self._engine.receive(octets)
                unsent = self._engine.pending
        except TlsFailure as failure:
            raise ConnectionAbortedError(str(failure)) from None
        if unsent:
            self._outgoing.put(b"")
        return opened

    def _receive(self, early: bytes) -> Iterator[Message | None]:
        frames = FrameReader(MAX_SERVER_DOCUMENT)
        yield from self._read(frames, early)
        # With TLS the server may say that it sends no more. One that only closes is believed as well: an end in a
        # frame, or without a bye, tells that something is missing.
        while self._engine is None or not self._engine.ended:
            try:
                octets = self._socket.recv(_READ)
            except TimeoutError:
                yield None
                continue
            if not octets:
                return
            yield from self._read(frames, self._open(octets))

    def _read(self, frames: FrameReader, octets: bytes) -> Iterator[Message]:
        for item in frames.feed(octets):
            if isinstance(item, Refusal):
                raise item
            yield decode(item, Side.SERVER)


def _tune(connected: socket.socket) -> None:
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # As a rule pings notice a dead link; the system notices one on which octets are not acknowledged.
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED)


def _is_local(connected: socket.socket) -> bool:
    """By the address that it is connected to: a name may mean several."""
    with contextlib.suppress(OSError):
        return connected.family == socket.AF_UNIX or is_loopback(connected.getpeername()[0])
    return False


def _reason(error: Exception) -> object:
    return getattr(error, "strerror", None) or error
