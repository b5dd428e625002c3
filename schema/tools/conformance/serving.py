"""The stage for a client that is checked: it calls us, and somebody types what the script says."""

from __future__ import annotations

import re
import secrets
import select
import shlex
import socket
import ssl
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final

from schema.endpoint import endpoint
from schema.framing import frame
from schema.messages import (
    Away,
    Back,
    Block,
    Blocks,
    Command,
    History,
    Join,
    List,
    Message,
    Ok,
    Page,
    Part,
    Room,
    Rooms,
    Sanctions,
    Side,
    Unblock,
    User,
    Users,
    Who,
)
from schema.tools.conformance.check import Failed, PassedOver, Scenario, Step
from schema.tools.conformance.inbox import pong
from schema.tools.conformance.line import Line
from schema.tools.conformance.pattern import Pattern, document
from schema.tools.conformance.program import Program
from schema.tools.conformance.stranger import strangers_context
from schema.tools.conformance.wire import Wire
from schema.tools.conformance.words import Words

#: Seconds in which something that must not come has to have come.
QUIET = 0.3

#: Seconds in which a client that must stay away has not come back, if its program has not ended before.
AWAY = 2.0

#: Seconds for a program to start, and for a client to come back.
PATIENCE = 20.0

_TIME: Final = "2026-03-01T09:00:00.000Z"

_GREETING = (
    f'<greeting server="kit" version="1.0" time="{_TIME}" registration="open"><protocol major="1" minor="0"/>'
    '<limit name="document" value="65536"/><limit name="text" value="4096"/><limit name="password" value="128"/>'
    '<limit name="rooms" value="50"/><limit name="history" value="100"/><limit name="ping" value="30"/></greeting>'
)
_WELCOME = '<welcome re="{login}" name="{user}" room="lobby" seq="10" place="10"><user name="{user}"/></welcome>'
_PROMPT = '<prompt re="{login}" name="{user}" account="known"><text>Your password?</text></prompt>'

_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """Where we listen, and how the client is driven: by `command`, or by a person where that is empty."""

    host: str
    port: int
    command: str = ""
    user: str = "kit"
    timeout: float = 5.0
    tls: ssl.SSLContext | None = None


class _NoTls(Failed):
    """The handshake has failed."""


class Serving:
    """Belongs to one thread. `server` is the connection that the client has made last, `user` who types."""

    def __init__(self, hearing: Hearing) -> None:
        """Raises OSError where the address cannot be listened on."""
        self._hearing = hearing
        self.wire = Wire(Side.CLIENT, hearing.timeout)
        self._listening = socket.create_server(
            (hearing.host, hearing.port), family=socket.AF_INET6 if ":" in hearing.host else socket.AF_INET
        )
        self.address: tuple[str, int] = self._listening.getsockname()[:2]
        self._run = secrets.token_hex(3)
        self._number = 0
        self._password = f"horse {secrets.token_hex(6)}"
        self._folder = tempfile.TemporaryDirectory(prefix="check-client-")
        self._line: Line | None = None
        self._program: Program | None = None
        # Why there is no program.
        self._unstarted = ""
        self._typed = 0
        self.words = Words(self._run, 0, {}, {})

    @property
    def verbs(self) -> dict[str, Callable[[Step], None]]:
        return {
            "accepts": self._accepts,
            "shows the certificate of a stranger": self._shows_strange_certificate,
            "greets": self._greets,
            "lets in": self._lets_in,
            "answers no pings": self._answers_no_pings,
            "may hear": self._may_hear,
            "hears nothing": self._hears_nothing,
            "hears no more for a while": self._hears_no_more_for_a_while,
            "types": self._types,
            "sees": partial(self._sees, once=False),
            "sees once": partial(self._sees, once=True),
            "has not seen": self._has_not_seen,
            "goes on": lambda _: self._goes_on(),
            "stays away": lambda _: self._stays_away(),
        }

    def begin(self, scenario: Scenario) -> None:
        self._number += 1
        host, port = self.address
        known = {"user": self._hearing.user, "password": self._password, "host": host, "port": str(port)}
        self.words = Words(self._run, self._number, known, {})
        if not self._hearing.command:
            title = scenario.checks[0].id
            self._tell(f"-- {title}: connect to {endpoint(host, port)} as {known['user']}, password {self._password}")
            return
        file = Path(self._folder.name) / "password"
        file.write_text(f"{self._password}\n", encoding="utf-8")
        filled = self._hearing.command
        for name, value in {**known, "password-file": str(file)}.items():
            filled = filled.replace(f"{{{name}}}", shlex.quote(value))
        try:
            self._program = Program(shlex.split(filled), {"XMLCHAT_PASSWORD": self._password})
        except OSError as error:
            self._unstarted = f"the client cannot be started: {error}"

    def line(self, _actor: str) -> Line:
        if self._line is None:
            raise Failed("the client has not connected")
        return self._line

    def lacks(self, need: str) -> str:
        match need:
            case "command" if not self._hearing.command:
                return "there is no --command whose output could be read"
            case "tls" if self._hearing.tls is None:
                return "there is no --tls-cert"
        return ""

    def end(self) -> None:
        if self._program is not None:
            self._program.close()
            self._program = None
        self._close_line()
        # Whoever has called meanwhile belongs to no script.
        while select.select([self._listening], [], [], 0.0)[0]:
            self._listening.accept()[0].close()

    def close(self) -> None:
        self.end()
        self._listening.close()
        self._folder.cleanup()

    def _close_line(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _tell(self, sentence: str) -> None:
        print(sentence, file=sys.stderr, flush=True)

    def _accepts(self, _step: Step) -> None:
        self._accept()

    def _accept(self, tls: ssl.SSLContext | None = None) -> Line:
        """The next connection; with `tls` in place of what was given for all. Raises Failed."""
        self._close_line()
        if self._unstarted:
            raise Failed(self._unstarted)
        waits = max(PATIENCE, self._hearing.timeout)
        over = [self._program.ended] if self._program is not None else []
        ready, _, _ = select.select([self._listening, *over], [], [], waits)
        if self._listening not in ready:
            said = f": it has ended, and {self._program.last_words()}" if self._program and ready else ""
            raise Failed(f"the client did not connect{said}")
        connected, _ = self._listening.accept()
        context = tls or self._hearing.tls
        if context is not None:
            connected = self._sealed(connected, context)
        self._line = self.wire.line(connected)
        self._line.inbox.answer = self._answer
        return self._line

    def _shows_strange_certificate(self, _step: Step) -> None:
        """And greets, should the client take it."""
        context = strangers_context(self._hearing.host, Path(self._folder.name))
        try:
            line = self._accept(context)
        except _NoTls:
            return
        self._say(line, _GREETING)
        line.listen(self._hearing.timeout, until=lambda: line.inbox.unread)
        if line.inbox.unread:
            raise Failed(f"the client trusts a certificate that nobody has signed, and said {line.inbox.described()}")

    def _sealed(self, connected: socket.socket, tls: ssl.SSLContext) -> socket.socket:
        connected.settimeout(self._hearing.timeout)
        try:
            return tls.wrap_socket(connected, server_side=True)
        except OSError as error:
            connected.close()
            raise _NoTls(f"the client's TLS failed: {error}") from None

    def _say(self, line: Line, said: str) -> None:
        line.send(frame(document(self.words.fill(said))))

    def _greets(self, step: Step) -> None:
        self._say(self._accept(), step.documents[0] if step.documents else _GREETING)

    def _lets_in(self, step: Step) -> None:
        """Greets a new connection if the last one has been let in, and takes the login, with a prompt if need be."""
        if self._line is None or self._line.ended or "login" in self.words.known:
            self._say(self._accept(), _GREETING)
        line = self.line(step.actor)
        self._hear_login(line)
        if not line.inbox.has_heard(Pattern('<login id="{login}"><password>{password}</password></login>', self.words)):
            self._say(line, _PROMPT)
            self._hear_login(line)
        for said in step.documents or (_WELCOME,):
            self._say(line, said)

    def _hear_login(self, line: Line) -> None:
        self.words.known.pop("login", None)
        line.hear(Pattern('<login id="{login}" name="{user}"/>', self.words))

    def _answers_no_pings(self, step: Step) -> None:
        self.line(step.actor).inbox.answer = lambda _: None

    def _may_hear(self, step: Step) -> None:
        """The user has typed something that not every client knows; when the next line comes instead, it does not."""
        line = self.line(step.actor)
        pattern = Pattern(step.documents[0], self.words)
        mark = self._type_mark()
        instead = Pattern(f"<pm><text>{mark}</text></pm>", self.words)
        line.wait_for(lambda: line.inbox.has_heard(instead) is not None, f"expected {pattern.said} or {mark}")
        heard = line.inbox.take(pattern) is not None
        self._take_mark(line, mark)
        if not heard:
            raise PassedOver("the client has no such command")

    def _hears_nothing(self, step: Step) -> None:
        line = self.line(step.actor)
        line.listen(QUIET, until=lambda: line.inbox.unread)
        if line.inbox.unread:
            raise Failed(f"got {line.inbox.described()}")
        if line.ended:
            raise Failed(f"the connection was {line.ended}")

    def _hears_no_more_for_a_while(self, step: Step) -> None:
        """Of what is named, until the client has gone or for some time."""
        line = self.line(step.actor)
        line.listen(QUIET)
        for said in step.documents:
            if line.inbox.take(Pattern(said, self.words)) is not None:
                raise Failed(f"got {said} again")

    def _types(self, step: Step) -> None:
        said = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), self.words.fill(" ".join(step.documents)))
        self._type(said)

    def _type(self, said: str) -> None:
        if self._program is not None:
            self._program.type(said)
        else:
            self._tell(f"   type: {said!r}")

    def _type_mark(self) -> str:
        self._typed += 1
        mark = f"mark-{self._run}-{self._typed}"
        self._type(mark)
        return mark

    def _take_mark(self, line: Line, mark: str) -> None:
        """The line arrives and is answered, so that the client has nothing left to wait for."""
        name = f"{mark}.id"
        line.hear(Pattern(f'<pm id="{{{name}}}"><text>{mark}</text></pm>', self.words))
        self._say(line, f'<ok re="{{{name}}}" seq="{100_000 + self._typed}" time="{_TIME}"/>')

    def _goes_on(self) -> None:
        line = self.line("server")
        self._take_mark(line, self._type_mark())

    def _sees(self, step: Step, *, once: bool) -> None:
        program = self._seen_by()
        for said in step.documents:
            wanted = self.words.fill(said)
            if not program.wait_for(wanted, self._hearing.timeout):
                raise Failed(f"the client did not show {wanted!r}; {program.last_words()}")
            if once and (count := program.output().count(wanted)) > 1:
                raise Failed(f"the client showed {wanted!r} {count} times")

    def _has_not_seen(self, step: Step) -> None:
        output = self._seen_by().output()
        for said in step.documents:
            unwanted = said.encode().decode("unicode_escape")
            if unwanted in output:
                raise Failed(f"the client wrote {said}")

    def _seen_by(self) -> Program:
        if self._program is None:
            raise PassedOver("only a person sees what the client shows")
        return self._program

    def _stays_away(self) -> None:
        """Until the program has ended, or nobody has come for a while."""
        if self._line is not None:
            self._line.close()
        deadline = monotonic() + AWAY
        over = [self._program.ended] if self._program is not None else []
        ready, _, _ = select.select([self._listening, *over], [], [], max(0.0, deadline - monotonic()))
        if self._listening in ready or select.select([self._listening], [], [], 0.0)[0]:
            raise Failed("the client connected again")

    def _answer(self, message: Message) -> Message | None:
        """What a script need not say: answers to pings, and to commands that only ask or change nothing here."""
        make = _ANSWERS.get(type(message))
        if make is None:
            return pong(message)
        assert isinstance(message, Command)
        return make(message, self._hearing.user)


def _lists(command: Command, _user: str) -> Message:
    what = command.what if isinstance(command, List) else None
    if what == "blocks":
        return Blocks(re=command.id)
    if what == "sanctions":
        return Sanctions(re=command.id)
    return Rooms(re=command.id, rooms=(Room("lobby", 1),))


def _users(command: Command, user: str) -> Message:
    room = command.room if isinstance(command, Who) else None
    return Users(re=command.id, room=room or "lobby", users=User.named(user))


def _ok(command: Command, _user: str) -> Message:
    return Ok(re=command.id)


_ANSWERS: dict[type[Message], Callable[[Command, str], Message]] = {
    List: _lists,
    Who: _users,
    History: lambda command, _: Page(re=command.id, more=False),
    **dict.fromkeys((Join, Part, Away, Back, Block, Unblock), _ok),
}
