"""Accepts connections and keeps count of them."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import threading
from dataclasses import replace

from schema.codec import encode
from schema.errors import Refusal
from schema.framing import frame
from schema.messages import Bye, Error
from server.config import Config
from server.connection import Connection, Surroundings
from server.errors import StartupError

#: Connections the kernel holds ready while we are busy accepting.
_BACKLOG = 1024

#: Seconds of pause after an accept that failed for want of descriptors or memory: the first, and the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0

#: Seconds after which a client that was turned away should come back.
_COME_BACK = 10

#: What accept may fail with because of one client alone: the next may be well.
_PASSING = {errno.ECONNABORTED, errno.EPROTO, errno.EINTR, errno.EPERM}


class Listener:
    """`start`, then connections run by themselves; `stop` ends the accepting only."""

    def __init__(self, listening: socket.socket, around: Surroundings) -> None:
        self._around = around
        self._socket = listening
        host, port = listening.getsockname()[:2]
        self.host: str = host
        self.port: int = port
        # Guards _connections and _accepted.
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._accepted = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def reconfigure(self, config: Config) -> None:
        """Connections made from now on keep to this."""
        self._around.addresses.reconfigure(config)
        self._around = replace(self._around, config=config)

    def connections(self) -> list[Connection]:
        """Those whose thread may still run."""
        with self._lock:
            return list(self._connections)

    def forget_closed(self) -> None:
        """Joins the threads of the connections that have ended."""
        for connection in self.connections():
            if connection.thread.ident is not None and not connection.thread.is_alive():
                connection.thread.join()
                with self._lock:
                    self._connections.discard(connection)

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                connected, address = self._socket.accept()
            except OSError as error:
                if self._stopping.is_set() or error.errno in _PASSING:
                    continue
                # Out of descriptors or memory: accept would fail again at once, and the loop would eat a core.
                self._around.log.write("not-accepted", reason=error.strerror)
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            self._welcome(connected, *address[:2])

    def _welcome(self, connected: socket.socket, host: str, port: int) -> None:
        try:
            self._around.moderation.check_address(host)
            if full := self._around.addresses.enter(host):
                raise Refusal("too-many-connections", full, retry=_COME_BACK)
        except Refusal as refusal:
            self._turn_away(connected, f"{host}:{port}", refusal)
            return
        _tune(connected)
        with self._lock:
            self._accepted += 1
            connection = Connection(self._accepted, connected, f"{host}:{port}", self._around)
            self._connections.add(connection)
        try:
            connection.thread.start()
        except RuntimeError:
            # No more threads to be had: this client has to come back.
            with self._lock:
                self._connections.discard(connection)
            connected.close()
            self._around.addresses.leave(host)
            self._around.log.write("not-accepted", reason="no thread could be started")

    def _turn_away(self, connected: socket.socket, address: str, refusal: Refusal) -> None:
        """Says why, and closes. Nothing is waited for: what is said goes into the new socket's empty buffer."""
        with contextlib.suppress(OSError), connected:
            connected.setblocking(False)
            connected.send(frame(encode(Error.of(refusal))) + frame(encode(Bye.of(refusal))))
            connected.shutdown(socket.SHUT_WR)
        self._around.log.write("refused", address=address, code=refusal.code.name)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises StartupError where the address cannot be had."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except UnicodeError:
        # What no name of a host can be, such as two dots in a row.
        raise StartupError(f"Cannot listen on {host}:{port}: that is no name of a host.", 69) from None
    except OSError as error:
        # The text of create_server's error repeats the address, as a Python tuple.
        reason = error.strerror if isinstance(error, socket.gaierror) or not error.errno else os.strerror(error.errno)
        raise StartupError(f"Cannot listen on {host}:{port}: {reason}.", 69) from None


def _tune(connected: socket.socket) -> None:
    """Messages leave at once, and a peer that has vanished is noticed although nothing is sent to it."""
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _LINUX_OPTIONS:
        connected.setsockopt(socket.IPPROTO_TCP, option, value)


#: Probes after 30 s of silence, each 10 s, three times; with octets on their way that nobody acknowledges keepalive
#: does not run, and TCP_USER_TIMEOUT (in milliseconds) ends the wait. Other systems have their own defaults.
_LINUX_OPTIONS = [
    (getattr(socket, name), value)
    for name, value in (
        ("TCP_KEEPIDLE", 30),
        ("TCP_KEEPINTVL", 10),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 30_000),
    )
    if hasattr(socket, name)
]
