"""What lies between a connection's frames and its socket: nothing, or TLS.

The reader asks a transport for what has come, the delivery takes from its source what to send. So a transport
writes to no socket, and everything that TLS itself has to say goes the same way, and in the same order, as the frames.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Callable, Mapping

from schema.codec import encode
from schema.errors import Refusal
from schema.framing import frame
from schema.messages import Bye, Error
from schema.tls import Tls, TlsFailure
from server.line import Source
from server.outbox import Outbox

#: Octets read at once at the most: a hundred messages of a client in a hurry.
READ = 16 * 1024

#: Octets that a reader asks for where little has come before. The room for them is held while it waits, and most wait.
_READ_IDLE = 512

#: The first octet of a TLS stream, that of a handshake (RFC 8446, section 5.1).
_HANDSHAKE = 0x16

#: The alert `protocol_version`, which OpenSSL does not send to one who does not speak TLS (RFC 8446, section 6).
_NOT_TLS = bytes.fromhex("15 03 03 00 02 02 46")


class _Incoming:
    """What comes from a socket, in pieces that grow with what has come: twice the last, within bounds."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._room = _READ_IDLE

    def receive(self) -> bytes:
        octets = self._socket.recv(self._room)
        self._room = min(max(_READ_IDLE, 2 * len(octets)), READ)
        return octets


#: The client sends no more: it has left, or has only closed its side and still reads. Linux alone tells.
_ENDED = getattr(select, "POLLRDHUP", 0)


def has_ended(connected: socket.socket) -> bool:
    """Whether the client has closed its side, read up to there or not."""
    return bool(_events(connected) & _ENDED)


def is_gone(connected: socket.socket) -> bool:
    """Whether there is nobody any more. A client that has left is found out by the next that is sent to it."""
    return bool(_events(connected) & (select.POLLHUP | select.POLLERR | select.POLLNVAL))


def _events(connected: socket.socket) -> int:
    poll = select.poll()
    poll.register(connected, _ENDED)
    return sum(events for _, events in poll.poll(0))


class Plain:
    """Frames as they are."""

    #: Whether frames can be sent.
    established = True
    #: Whether the stream has stopped without having been ended: somebody on the way may have cut it.
    ragged = False
    #: What the log should know.
    description: Mapping[str, str] = {}

    def __init__(self, connected: socket.socket, outbox: Outbox) -> None:
        self._incoming = _Incoming(connected)
        self.source: Source = outbox

    def receive(self) -> bytes | None:
        """For the reader: octets of frames, which may be none; None at the end of the stream. Waits for the client.

        Raises OSError where the connection breaks, and TlsFailure.
        """
        return self._incoming.receive() or None


class Sealed:
    """Frames inside TLS. What is put into the outbox before the handshake is done goes nowhere."""

    def __init__(
        self,
        connected: socket.socket,
        outbox: Outbox,
        context: ssl.SSLContext,
        announce: Callable[[], None],
        sealing: Callable[[bytes], None] | None = None,
    ) -> None:
        """`announce` is called where TLS has something to say; `sealing` by the delivery, before it seals."""
        self._incoming = _Incoming(connected)
        self._announce = announce
        # Guards the engine, whatever is asked of it, and _begun. Not held while the socket is read or written.
        self._lock = threading.Lock()
        self._engine = Tls(context)
        self._begun = False
        self.source: Source = _SealedSource(self._engine, self._lock, outbox, sealing)

    @property
    def established(self) -> bool:
        return self._engine.established

    @property
    def ragged(self) -> bool:
        return not self._engine.ended

    @property
    def description(self) -> Mapping[str, str]:
        with self._lock:
            return {"tls": self._engine.version, "cipher": self._engine.cipher}

    def receive(self) -> bytes | None:
        if self._engine.ended:
            return None
        octets = self._incoming.receive()
        if not octets:
            return None
        self._begin(octets)
        try:
            with self._lock:
                return self._engine.receive(octets)
        finally:
            self._pass_on()

    def _begin(self, octets: bytes) -> None:
        """Whoever does not speak TLS is told so: in a frame, if that is what they speak."""
        if self._begun or octets[0] == _HANDSHAKE:
            self._begun = True
            return
        with self._lock:
            self._engine.give_up(_explanation() if octets[0] == 0 else _NOT_TLS)
        self._announce()
        raise TlsFailure("the client does not speak TLS")

    def _pass_on(self) -> None:
        """Has the delivery send what the engine has to say."""
        with self._lock:
            unsent = self._engine.pending
        if unsent:
            self._announce()


class _SealedSource:
    """What is in the outbox, sealed, behind what the engine has to say. For the delivery alone, under its lock."""

    def __init__(
        self, engine: Tls, lock: threading.Lock, outbox: Outbox, sealing: Callable[[bytes], None] | None
    ) -> None:
        self._engine = engine
        # The one of the transport: guards the engine.
        self._lock = lock
        self._outbox = outbox
        self._sealing = sealing
        # What the socket has not taken yet: one chunk of the outbox at the most, and what the engine has to say.
        self._rest = b""

    def take(self) -> bytes:
        if self._outbox.abandoned:
            return b""
        while not self._rest and (chunk := self._outbox.take()):
            try:
                self._seal(chunk)
            except TlsFailure:
                self._outbox.abandon()
                return b""
            self._outbox.sent(len(chunk))
        if not self._rest:
            self._take_last()
        return self._rest

    def sent(self, count: int) -> bool:
        self._rest = self._rest[count:]
        return True

    @property
    def drained(self) -> bool:
        if self._outbox.abandoned or self._rest or not self._outbox.drained:
            return self._outbox.abandoned
        with self._lock:
            return not self._engine.pending and (self._engine.closed or not self._engine.established)

    def _seal(self, chunk: bytes) -> None:
        with self._lock:
            if not self._engine.established or self._engine.closed:
                return
            self._engine.seal(chunk)
            self._rest = self._engine.take()
        # Before it is sent: whoever answers it is recorded after it.
        if self._sealing is not None:
            self._sealing(chunk)

    def _take_last(self) -> None:
        """What the engine has to say, and that we send no more, when that is so."""
        over = self._outbox.drained
        with self._lock:
            if over and self._engine.established and not self._engine.closed:
                self._engine.close()
            self._rest = self._engine.take()


def _explanation() -> bytes:
    sentence = "This port speaks TLS, and what came is not. Connect with TLS, or to the port without."
    refusal = Refusal("not-a-frame", sentence)
    last = Bye(code=refusal.code.name, reconnect=False, text=sentence)
    return frame(encode(Error.of(refusal))) + frame(encode(last))
