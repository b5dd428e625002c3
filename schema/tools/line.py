"""One end of a TCP connection, plain or inside TLS, and where to connect to as people write it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from time import monotonic
from typing import Self

from schema.endpoint import endpoint
from schema.errors import ChatError
from schema.tls import Tls, TlsFailure

#: Octets read at once.
_READ = 64 * 1024

#: Seconds: 0 would mean not to wait at all, which is another error.
_LEAST = 0.001


class NoServer(ChatError):
    """A server cannot be reached, or is not the one that its certificate should be for."""


class Line:
    """One thread may receive while another sends; `hang_up` is for any thread."""

    def __init__(self, connected: socket.socket, engine: Tls | None = None, early: bytes = b"") -> None:
        """Takes over the socket; `engine` has its handshake behind it, and `early` is what it has received since."""
        self._socket = connected
        self._engine = engine
        self._early = early
        # Guards the engine. Nobody reads or writes the socket while holding it.
        self._lock = threading.Lock()
        # Held by the one who sends what the engine has to say, so that it goes out in its order.
        self._sending = threading.Lock()

    @classmethod
    def connect(cls, host: str, port: int, timeout: float, tls: ssl.SSLContext | None = None) -> Self:
        """With `tls` the certificate has to be for `host`. `timeout` is in seconds, for all of it. Raises NoServer."""
        where = endpoint(host, port)
        deadline = monotonic() + timeout
        try:
            connected = socket.create_connection((host, port), timeout)
        except (OSError, UnicodeError, OverflowError) as error:
            # The last two come from a host that is no host name, and a port that is no port.
            raise NoServer(f"Nobody answers at {where}: {_reason(error)}.") from None
        try:
            if tls is None:
                return cls(connected)
            engine = Tls(tls, host)
            return cls(connected, engine, _shake_hands(connected, engine, where, deadline))
        except OSError as error:
            connected.close()
            raise NoServer(f"There is no TLS with {where}: {_reason(error)}.") from None
        except BaseException:
            connected.close()
            raise

    def be_patient(self, seconds: float | None) -> None:
        """How long receiving and sending may wait, None for as long as it takes. What is sent goes out at once."""
        self._socket.settimeout(seconds)
        # One that was reset already is found to be so by whoever receives.
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def pending(self) -> bool:
        """Whether `receive` has something although the socket may have nothing to read."""
        return bool(self._early)

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> bytes:
        """What has come, at least one octet; nothing at the end. Raises OSError."""
        octets, self._early = self._early, b""
        while not octets:
            octets = self._socket.recv(_READ)
            if not octets or self._engine is None:
                return octets
            try:
                with self._lock:
                    octets = self._engine.receive(octets)
            except TlsFailure as failure:
                raise ConnectionAbortedError(str(failure)) from None
            self._flush(waiting=False)
            if self._engine.ended:
                return octets
        return octets

    def send(self, octets: bytes) -> None:
        """Raises OSError."""
        if self._engine is None:
            self._socket.sendall(octets)
            return
        try:
            with self._lock:
                self._engine.seal(octets)
        except TlsFailure as failure:
            raise ConnectionAbortedError(str(failure)) from None
        self._flush(waiting=True)

    def end_sending(self) -> None:
        """Tells the other side that nothing more comes; it may go on sending."""
        with contextlib.suppress(OSError):
            if self._engine is not None:
                with self._lock:
                    self._engine.close()
                self._flush(waiting=True)
            self._socket.shutdown(socket.SHUT_WR)

    def break_off(self) -> None:
        """From `close` on the other side finds the connection reset, and whoever receives here finds its end."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._socket.shutdown(socket.SHUT_RD)

    def hang_up(self) -> None:
        """Ends the connection, wherever somebody waits for it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Only where nobody waits for the connection any more."""
        self._socket.close()

    def _flush(self, *, waiting: bool) -> None:
        """Sends what the engine has to say; without `waiting` leaves it to another who is sending already."""
        assert self._engine is not None
        while self._engine.pending and self._sending.acquire(waiting):
            # Looked at again after each release: what came up meanwhile was left to us.
            try:
                with self._lock:
                    octets = self._engine.take()
                self._socket.sendall(octets)
            finally:
                self._sending.release()


def split_endpoint(said: str, *, host: str, port: int | None = None) -> tuple[str, int]:
    """`HOST:PORT`, `[::1]:PORT` or `:PORT` in its parts; what is left out is as given.

    Raises ValueError with a sentence.
    """
    name, colon, number = said.rpartition(":")
    if port is not None and (not colon or said.endswith("]")):
        name, number = said, str(port)
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    if not number.isascii() or not number.isdecimal() or int(number) > 65_535 or (":" in bare and bare == name):
        raise ValueError(f"{said!r} is not HOST:PORT; an IPv6 address stands in brackets, as in [::1]:7700")
    return bare or host, int(number)


def _shake_hands(connected: socket.socket, engine: Tls, where: str, deadline: float) -> bytes:
    """What came right behind the handshake. Raises NoServer and OSError."""
    early = b""
    try:
        engine.shake_hands()
        while True:
            connected.settimeout(max(deadline - monotonic(), _LEAST))
            connected.sendall(engine.take())
            if engine.established:
                return early
            octets = connected.recv(_READ)
            if not octets:
                raise NoServer(f"The server at {where} ended the connection before TLS had begun.")
            early = engine.receive(octets)
    except TlsFailure as failure:
        with contextlib.suppress(OSError):
            connected.sendall(engine.take())
        if failure.unverified:
            said = f"The certificate of {where} does not verify: {failure}. --ca names the authority that signed it."
            raise NoServer(said) from None
        raise NoServer(f"There is no TLS with {where}: {failure}.") from None


def _reason(error: Exception) -> object:
    return getattr(error, "strerror", None) or error
