"""Accepts connections and keeps count of them."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from collections.abc import Sequence
from dataclasses import replace

from schema.codec import encode
from schema.errors import Refusal
from schema.framing import frame
from schema.messages import Bye, Error
from server.config import Config
from server.connection import Caller, Connection, Surroundings
from server.doors import Door

#: Seconds of pause after an accept that failed for want of descriptors or memory: the first, and the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0

#: Seconds after which a client that was turned away should come back.
_COME_BACK = 10

#: What accept may fail with because of one client alone: the next may be well.
_PASSING = {errno.ECONNABORTED, errno.EPROTO, errno.EINTR, errno.EPERM}


class Listener:
    """`start`, then connections run by themselves; `stop` ends the accepting only."""

    def __init__(self, doors: Sequence[Door], around: Surroundings) -> None:
        """Takes over the doors; each has a thread that accepts."""
        self._around = around
        self._doors = doors
        # Guards _connections and _accepted.
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._accepted = 0
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(door,), name=f"listener {door}") for door in doors]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for door, thread in zip(self._doors, self._threads, strict=True):
            with contextlib.suppress(OSError):
                door.socket.shutdown(socket.SHUT_RDWR)
            thread.join()
            door.socket.close()

    def reconfigure(self, config: Config) -> None:
        """Connections made from now on keep to this."""
        self._around.addresses.reconfigure(config)
        self._around.throttle.reconfigure(config)
        self._around = replace(self._around, config=config)

    def connections(self) -> list[Connection]:
        """Those whose thread may still run."""
        with self._lock:
            return list(self._connections)

    def forget_closed(self) -> None:
        """Joins the threads of the connections that have ended."""
        for connection in self.connections():
            if connection.over:
                connection.thread.join()
                with self._lock:
                    self._connections.discard(connection)

    def _run(self, door: Door) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                connected, address = door.socket.accept()
            except OSError as error:
                if self._stopping.is_set() or error.errno in _PASSING:
                    continue
                # Out of descriptors or memory: accept would fail again at once, and the loop would eat a core.
                self._around.log.write("not-accepted", reason=error.strerror)
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            context = door.certificate.context if door.certificate else None
            host, port = address[:2]
            self._welcome(Caller(connected, host, port, context))

    def _welcome(self, caller: Caller) -> None:
        try:
            self._around.moderation.check_address(caller.host)
            if full := self._around.addresses.enter(caller.host):
                raise Refusal("too-many-connections", full, retry=_COME_BACK)
        except Refusal as refusal:
            self._turn_away(caller, refusal)
            return
        _tune(caller.socket)
        with self._lock:
            self._accepted += 1
            connection = Connection(self._accepted, caller, self._around)
            self._connections.add(connection)
        try:
            connection.thread.start()
        except RuntimeError:
            # No more threads to be had: this client has to come back.
            with self._lock:
                self._connections.discard(connection)
            caller.socket.close()
            self._around.addresses.leave(caller.host)
            self._around.log.write("not-accepted", reason="no thread could be started")

    def _turn_away(self, caller: Caller, refusal: Refusal) -> None:
        """Says why, and closes. Nothing is waited for: what is said goes into the new socket's empty buffer.

        Inside TLS that would take a handshake, which is too much for one who is not let in: there it only closes.
        """
        with contextlib.suppress(OSError), caller.socket as connected:
            connected.setblocking(False)
            if caller.context is None:
                connected.send(frame(encode(Error.of(refusal))) + frame(encode(Bye.of(refusal))))
            connected.shutdown(socket.SHUT_WR)
        self._around.log.write("refused", address=str(caller), code=refusal.code.name)


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
