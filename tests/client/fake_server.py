"""A server that says what a test wants, however wrong."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

from client import Client
from schema.codec import decode, encode
from schema.errors import Refusal
from schema.framing import FrameReader, frame
from schema.limits import MAX_DOCUMENT
from schema.messages import Greeting, Limit, Login, Message, Protocol, Side, User, Welcome

TIME = "2026-03-01T09:05:00.000Z"
GREETING = Greeting(server="fake", version="1.0", time=TIME, protocols=(Protocol(1, 0),))
#: Answers the first command of a client.
WELCOME = Welcome(re="1", name="alice", room="lobby", seq=0, place=0, users=User.named("alice"))

#: Seconds for a client to connect, to speak and to go; it may be a process that has to start first.
_PATIENCE = 10.0

Said = Message | bytes
Wanted = TypeVar("Wanted", bound=Message)


def greeting(**limits: int) -> Greeting:
    """A greeting with these limits."""
    return replace(GREETING, limits=tuple(Limit(name, value) for name, value in limits.items()))


def octets(*said: Said) -> bytes:
    """Messages as frames; octets as they are."""
    return b"".join(one if isinstance(one, bytes) else frame(encode(one)) for one in said)


class Caller:
    """Somebody who has connected to a fake server."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._frames = FrameReader(MAX_DOCUMENT)
        self._heard: deque[Message] = deque()
        self._prefix = ""

    def say(self, *said: Said) -> None:
        """A number in `re` stands for the command to which the client gave that number."""
        self.socket.sendall(octets(*map(self._addressed, said)))

    def hear(self) -> Message:
        """The next thing they say. Raises EOFError where they go instead."""
        while not self._heard:
            octets = self.socket.recv(65_536)
            if not octets:
                raise EOFError
            for found in self._frames.feed(octets):
                if isinstance(found, Refusal):
                    raise found
                self._heard.append(decode(found, Side.CLIENT))
        message = self._heard.popleft()
        self._prefix = "".join(getattr(message, "id", self._prefix).rpartition(".")[:2])
        return message

    def hear_a(self, wanted: type[Wanted]) -> Wanted:
        """The next thing they say that is one of these."""
        while not isinstance(message := self.hear(), wanted):
            pass
        return message

    def until_gone(self) -> None:
        """Takes what they say until they go."""
        while self.socket.recv(65_536):
            pass

    def _addressed(self, said: Said) -> Said:
        message: Any = said
        re = getattr(message, "re", None)
        return replace(message, re=f"{self._prefix}{re}") if re is not None and re.isdecimal() else said


Script = Callable[[Caller], None]


def says(*said: Said, hangs_up: bool = False) -> Script:
    """Says this to whoever connects, and then listens until they go, or hangs up."""

    def script(caller: Caller) -> None:
        caller.say(*said)
        if not hangs_up:
            caller.until_gone()

    return script


def answers(*rounds: tuple[Said, ...], hangs_up: bool = False) -> Script:
    """Says the first of these at once and each other after hearing something, then listens until they go."""

    def script(caller: Caller) -> None:
        first, *others = rounds
        caller.say(*first)
        for said in others:
            caller.hear()
            caller.say(*said)
        if not hangs_up:
            caller.until_gone()

    return script


class FakeServer:
    """Follows the first script with the first who connects, the second with the next; then nobody answers any more.

    `address` is where.
    """

    def __init__(self, *scripts: Script) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listening.getsockname()
        self._scripts = scripts
        self._thread = threading.Thread(target=self._run, name="fake-server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(_PATIENCE)
        self._listening.close()

    def _run(self) -> None:
        for script in self._scripts:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(_PATIENCE)
                # Where the client has gone, that is for the test to judge.
                with contextlib.suppress(ConnectionError, TimeoutError, EOFError):
                    script(Caller(connection))
        self._listening.close()


#: Lets a client in and hangs up.
LETS_IN: Script = answers((GREETING,), (WELCOME,), hangs_up=True)


def let_in(caller: Caller, *said: Said) -> Login:
    caller.say(GREETING)
    login = caller.hear_a(Login)
    caller.say(replace(WELCOME, re=login.id), *said)
    return login


@contextmanager
def chat_with(*scripts: Script, retry_for: float | None = None) -> Iterator[Client]:
    """A client that is logged in at a server that follows these scripts."""
    with FakeServer(*scripts) as server, Client.connect(*server.address, retry_for=retry_for) as chat:
        chat.login("alice", "secret")
        yield chat
