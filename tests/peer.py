"""A plain client for tests: one blocking socket, frames in and out, and nothing done behind the test's back."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import Any, Self, TypeVar

from schema.codec import decode, encode
from schema.errors import Refusal
from schema.framing import FrameReader, frame
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import (
    Broadcast,
    Bye,
    Command,
    Direct,
    Error,
    Greeting,
    Login,
    Message,
    Ok,
    Ping,
    Side,
    Welcome,
    Who,
)

#: Seconds until an answer that does not come fails the test. An idle machine takes milliseconds.
PATIENCE = 20.0

Wanted = TypeVar("Wanted", bound=Message)


class Peer:
    """What has come and has not been asked for stays in `others`, in the order of its coming."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.socket.settimeout(PATIENCE)
        self._frames = FrameReader(MAX_SERVER_DOCUMENT)
        self._ids = count(1)
        self._logged_in = False
        self.others: list[Message] = []
        #: What the server began with, once it was received.
        self.greeting: Greeting | None = None

    @classmethod
    def at(cls, address: tuple[str, int], *, window: int | None = None, tls: ssl.SSLContext | None = None) -> Self:
        """Connects, and waits for the greeting. With `window` the system takes little more than so much ahead."""
        connected = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        connected.settimeout(PATIENCE)
        if window is not None:
            # Before connecting: the window that is offered then is never made smaller.
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        try:
            connected.connect(address)
            if tls is not None:
                connected = tls.wrap_socket(connected, server_hostname=address[0])
            peer = cls(connected)
            peer.greeting = peer.receive_until(Greeting)
        except BaseException:
            connected.close()
            raise
        return peer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def next_id(self) -> str:
        return str(next(self._ids))

    def send(self, message: Message) -> None:
        self.send_octets(frame(encode(message)))

    def send_octets(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def receive(self) -> Message:
        """The next message that nobody has asked for yet. Raises EOFError where there will be none."""
        while not self.others:
            self._read()
        return self.others.pop(0)

    def receive_until(self, wanted: type[Wanted], where: Callable[[Wanted], bool] = lambda _: True) -> Wanted:
        """The first message of this class of which `where` is true, now or later; the others are kept."""
        looked = 0
        deadline = time.monotonic() + PATIENCE
        while True:
            for place, message in enumerate(self.others[looked:], looked):
                if isinstance(message, wanted) and where(message):
                    del self.others[place]
                    return message
            if time.monotonic() > deadline:
                raise TimeoutError(f"Much came, and never what was awaited: {codes(self.others)}")
            looked = len(self.others)
            self._read()

    def answer(self, re: str) -> Message:
        """The answer to the command of this id."""
        return self.receive_until(Message, lambda message: getattr(message, "re", None) == re)

    def ask(self, command: Command | Ping) -> Message:
        """Sends a command and returns its answer."""
        self.send(command)
        return self.answer(command.id)

    def refused(self, command: Command) -> str:
        """Sends a command that has to be refused and returns the code."""
        error = self.ask(command)
        assert isinstance(error, Error), error
        return error.code

    def publish(self, command: Command) -> int:
        """Sends a pm or a dm and returns its number."""
        ok = self.ask(command)
        assert isinstance(ok, Ok), ok
        assert ok.seq is not None
        return ok.seq

    def sync(self) -> list[Message]:
        """All that has come and nobody has asked for, once everything is settled that was answered to anyone before.

        Logged in, this asks who is there, since that goes through the journal like what others do; a ping does not.
        """
        id = f"sync-{self.next_id()}"
        self.send(Who(id=id) if self._logged_in else Ping(id=id))
        self.answer(id)
        before, self.others = self.others, []
        return before

    def login(self, name: str, password: str = "correct horse", **more: Any) -> Welcome:
        """Logs in, registering the name where it is new; `more` is what else the login says."""
        welcome = self.ask(Login(id=self.next_id(), name=name, password=password, register=True, **more))
        assert isinstance(welcome, Welcome), welcome
        return welcome

    def expect_bye(self, code: str) -> Bye:
        """The server says goodbye, for this reason, and closes."""
        bye = self.receive_until(Bye)
        assert bye.code == code
        self.expect_closed()
        return bye

    def expect_closed(self) -> None:
        """The server ends the connection and says nothing more that `others` would not show."""
        try:
            while True:
                self._read()
        except (EOFError, ConnectionResetError):
            return

    def texts(self) -> list[str]:
        """The public messages among what nobody has asked for."""
        return [message.text for message in self.others if isinstance(message, Broadcast)]

    def numbers(self) -> list[int]:
        """Those of the public and direct messages among what nobody has asked for."""
        return [message.seq for message in self.others if isinstance(message, Broadcast | Direct)]

    def _read(self) -> None:
        octets = self.socket.recv(65_536)
        if not octets:
            raise EOFError(f"The server closed the connection; unread: {self.others}")
        for found in self._frames.feed(octets):
            if isinstance(found, Refusal):
                raise found
            message = decode(found, Side.SERVER)
            self._logged_in |= isinstance(message, Welcome)
            self.others.append(message)


def codes(messages: list[Message]) -> list[str]:
    """What each is: its element, and the code of an error, a bye or a notice."""
    return [" ".join(filter(None, (message.element, getattr(message, "code", None)))) for message in messages]
