"""A server that says what a test wants, however wrong."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from schema.codec import encode
from schema.framing import frame
from schema.messages import Greeting, Message, Protocol, Welcome

TIME = "2026-03-01T09:05:00.000Z"
GREETING = Greeting(server="fake", version="1.0", time=TIME, protocols=(Protocol(1, 0),))
#: Answers the first command of a client.
WELCOME = Welcome(re="1", name="alice", room="lobby", seq=0, users=("alice",))

#: Seconds for a client to connect, to speak and to go; it may be a process that has to start first.
_PATIENCE = 10.0

Said = Message | bytes
Script = Callable[[socket.socket], None]


def octets(*said: Said) -> bytes:
    """Messages as frames; octets as they are."""
    return b"".join(one if isinstance(one, bytes) else frame(encode(one)) for one in said)


def says(*said: Said, hangs_up: bool = False) -> Script:
    """Says this to whoever connects, and then listens until they go, or hangs up."""

    def script(connection: socket.socket) -> None:
        connection.sendall(octets(*said))
        while not hangs_up and connection.recv(65_536):
            pass

    return script


def answers(*rounds: tuple[Said, ...]) -> Script:
    """Says the first of these at once and each other after hearing something, then listens until they go."""

    def script(connection: socket.socket) -> None:
        for said in rounds:
            connection.sendall(octets(*said))
            connection.recv(65_536)
        while connection.recv(65_536):
            pass

    return script


class FakeServer:
    """Follows the script with the first who connects; `address` is where."""

    def __init__(self, script: Script) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listening.getsockname()
        self._script = script
        self._thread = threading.Thread(target=self._run, name="fake-server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join(_PATIENCE)
        self._listening.close()

    def _run(self) -> None:
        self._listening.settimeout(_PATIENCE)
        try:
            connection, _ = self._listening.accept()
        except TimeoutError:
            return
        with connection:
            connection.settimeout(_PATIENCE)
            # Where the client has gone, that is for the test to judge.
            with contextlib.suppress(ConnectionError, TimeoutError):
                self._script(connection)
