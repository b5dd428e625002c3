"""Plays the clients of a capture: one thread, a socket for each connection, and waiting only for what has to come."""

from __future__ import annotations

import contextlib
import selectors
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from time import monotonic

from schema.bucket import TokenBucket
from schema.codec import decode, encode
from schema.errors import Refusal
from schema.framing import FrameReader, frame
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import (
    Broadcast,
    Command,
    Direct,
    Ex,
    Greeting,
    Login,
    Message,
    Ok,
    Passwd,
    Ping,
    Pong,
    Resumed,
    Side,
    Welcome,
)
from schema.tools.line import Line
from schema.tools.replaying.heard import Difference, Heard
from schema.tools.replaying.order import steps_of
from schema.tools.replaying.script import Said, Script
from schema.tools.replaying.stand_ins import Numbers, Passwords, for_refused

#: The part of the rate that the server allows which is used: its clock and ours need not agree.
_SHARE = 0.9

#: What carries a number of the server that a client may name later.
_NUMBERED = (Ok, Welcome, Broadcast, Direct, Resumed)

Dial = Callable[[], Line]


@dataclass(slots=True)
class Played:
    """What was done. `unsent` are documents that the capture does not hold; `late` those nobody took any more."""

    sent: int = 0
    received: int = 0
    unsent: list[Said] = field(default_factory=list)
    late: list[Said] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class _Connection:
    def __init__(self, line: Line, heard: Heard) -> None:
        self.line = line
        self.heard = heard
        self.frames = FrameReader(MAX_SERVER_DOCUMENT)
        self.ended = False
        #: Whether an answer has not come in time; nothing is waited for here any more.
        self.deaf = False
        self.name = heard.talk.name or ""
        self.new_passwords: dict[str, str] = {}
        self.bucket: TokenBucket | None = None


class Player:
    """`timeout` is in seconds, for each answer; for what is pushed only until one such has not come in time."""

    def __init__(self, script: Script, dial: Dial, passwords: Passwords, timeout: float) -> None:
        self._script = script
        self._dial = dial
        self._passwords = passwords
        self._timeout = timeout
        self._patience = timeout
        self._numbers = Numbers()
        self._heard = {number: Heard(talk) for number, talk in script.talks.items()}
        self._connections: dict[int, _Connection] = {}
        self._selector = selectors.DefaultSelector()
        self._awaited = sorted(
            (said for talk in script.talks.values() for said in talk.by(Side.SERVER)), key=lambda said: said.position
        )[::-1]
        self.played = Played()

    def play(self) -> None:
        """From the first document to the last. Raises NoServer where the server does not take a connection."""
        try:
            for step in steps_of(self._script):
                self._catch_up(step.position)
                self._settle(step.connection)
                if step.said is None:
                    self._leave(step.connection)
                else:
                    self._send(step.connection, step.said)
            self._settle(None)
            self._catch_up(inf)
        finally:
            for connection in self._connections.values():
                self._end(connection)
            self._selector.close()

    def differences(self) -> list[Difference]:
        """In the order of the capture; what the capture does not have comes at the end."""
        found = [difference for heard in self._heard.values() for difference in heard.differences()]
        return sorted(found, key=lambda one: one.expected.position if one.expected else inf)

    def _catch_up(self, position: float) -> None:
        """Waits for all that the server said before this place of the capture."""
        while self._awaited and self._awaited[-1].position < position:
            said = self._awaited.pop()
            connection = self._at(said.connection)
            patience = self._timeout if said.asked is not None else self._patience
            if self._wait(partial(connection.heard.has, said), connection, patience):
                continue
            if said.asked is not None:
                connection.deaf = True
            elif not connection.ended:
                self._patience = 0.0

    def _settle(self, number: int | None) -> None:
        """Waits for the answers on all other connections, so that the server takes one command after another."""
        for other, connection in self._connections.items():
            if other != number and not self._wait(connection.heard.is_settled, connection, self._timeout):
                connection.deaf = True

    def _send(self, number: int, said: Said) -> None:
        if isinstance(said.message, Pong):
            # Pings are answered as they come.
            return
        connection = self._at(number)
        octets = self._octets(connection, said)
        if octets is None:
            self.played.unsent.append(said)
            return
        self._keep_pace(connection, said)
        connection.heard.sent(said)
        if connection.ended:
            self.played.late.append(said)
            return
        self.played.sent += 1
        # Why it could not be sent is known by what comes, or by its end.
        with contextlib.suppress(OSError):
            connection.line.send(octets)

    def _octets(self, connection: _Connection, said: Said) -> bytes | None:
        """The frame to send; None where the capture does not hold what was."""
        if said.octets is None:
            return for_refused(said)
        if said.message is None:
            return frame(said.octets)
        filled = self._passwords.fill(said, connection.name)
        assert filled is not None
        if isinstance(filled, Passwd) and said.re is not None:
            connection.new_passwords[said.re] = filled.new
        message = self._numbers.translate(filled)
        if message == said.message:
            # As it was written, with whatever it says that we do not know.
            return frame(said.octets)
        return frame(encode(message))

    def _leave(self, number: int) -> None:
        if number in self._connections:
            self._end(self._connections[number])

    def _keep_pace(self, connection: _Connection, said: Said) -> None:
        """Waits while the server would refuse the command as too fast, unless that is what the capture shows."""
        paced = isinstance(said.message, Command | Ping) and not isinstance(said.message, Login | Ex)
        if connection.bucket is None or not paced or said.refused_as == "too-fast":
            return
        while wait := connection.bucket.take(monotonic()):
            if self._wait(lambda: connection.ended, connection, wait):
                return

    def _at(self, number: int) -> _Connection:
        if number not in self._connections:
            line = self._dial()
            line.be_patient(self._timeout)
            self._connections[number] = connection = _Connection(line, self._heard[number])
            self._selector.register(line, selectors.EVENT_READ, connection)
            if line.pending:
                self._receive(connection)
        return self._connections[number]

    def _wait(self, done: Callable[[], bool], connection: _Connection, patience: float) -> bool:
        """Takes in what comes on all connections until this is so; False where it cannot be, or takes too long."""
        deadline = monotonic() + patience
        while not done():
            left = deadline - monotonic()
            if connection.ended or connection.deaf or left <= 0:
                return False
            for key, _ in self._selector.select(left):
                self._receive(key.data)
        return True

    def _receive(self, connection: _Connection) -> None:
        try:
            octets = connection.line.receive()
        except OSError:
            octets = b""
        if not octets:
            self._end(connection)
            return
        for found in connection.frames.feed(octets):
            try:
                if isinstance(found, Refusal):
                    raise found
                message = decode(found, Side.SERVER)
            except Refusal as refusal:
                number = connection.heard.talk.number
                self.played.broken.append(f"connection {number}: what the server said cannot be read: {refusal}")
                continue
            self.played.received += 1
            self._hear(connection, message)

    def _hear(self, connection: _Connection, message: Message) -> None:
        if isinstance(message, Ping):
            with contextlib.suppress(OSError):
                if connection.heard.answers(message):
                    connection.line.send(frame(encode(Pong(re=message.id))))
        elif isinstance(message, Greeting):
            limits = {limit.name: limit.value for limit in message.limits}
            if limits.get("rate") and limits.get("burst"):
                burst, rate = max(1.0, limits["burst"] * _SHARE), limits["rate"] * _SHARE
                connection.bucket = TokenBucket(burst, rate, monotonic())
        elif isinstance(message, Ok) and (new := connection.new_passwords.pop(message.re, None)) is not None:
            self._passwords.changed(connection.name, new)
        captured = connection.heard.take(message)
        if captured is not None and isinstance(captured.message, _NUMBERED) and isinstance(message, _NUMBERED):
            self._numbers.learn(captured.message.seq, message.seq)

    def _end(self, connection: _Connection) -> None:
        if not connection.ended:
            connection.ended = True
            self._selector.unregister(connection.line)
            connection.line.close()
