"""One client's connection: the thread that reads from it, and what everyone else may do with it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass

from schema.codec import decode, encode
from schema.endpoint import endpoint
from schema.errors import Refusal
from schema.framing import FrameReader, frame
from schema.limits import PREFIX
from schema.messages import Bye, Error, Message, Ping, Side
from schema.parsing import forget
from schema.tls import TlsFailure
from server.accounts import Accounts
from server.addresses import Addresses
from server.archive import Archive
from server.blocks import Blocks
from server.clock import Clock
from server.config import Config
from server.deadlines import Deadlines
from server.delivery import Delivery
from server.journal import Journal
from server.line import Line
from server.log import EventLog
from server.moderation import Moderation
from server.outbox import Outbox
from server.recorder import Recorder
from server.requests import Enter, Leave, PasswordChanged, Request
from server.session import Ask, Reply, Session
from server.throttle import Throttle
from server.transport import READ, Plain, Sealed, has_ended, is_gone

#: The id of the ping to one who has closed its side; those for silence are numbered from 1 on.
_PROBE = "server-0"

#: Seconds of silence before a document, after which the reader does not keep its parser (7 KiB) for the next one. Most
#: connections only answer a ping now and then; to make it again takes 60 µs.
_SELDOM = 10.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every connection works with."""

    config: Config
    clock: Clock
    accounts: Accounts
    blocks: Blocks
    moderation: Moderation
    archive: Archive
    addresses: Addresses
    throttle: Throttle
    journal: Journal
    delivery: Delivery
    log: EventLog
    recorder: Recorder | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who has connected. `context` is for TLS, None for frames as they are."""

    socket: socket.socket
    host: str
    port: int
    context: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return endpoint(self.host, self.port)


class Connection:
    """The reader is the thread of this object: it decodes, validates and decides. It never waits for a client to read.

    `ask_read`, `refuse`, `end`, `give_up`, `finish` and `tick` may be called from any thread and do not block.
    """

    def __init__(self, number: int, caller: Caller, around: Surroundings) -> None:
        """Takes over the caller's socket, which must be blocking."""
        self.number = number
        self.address = str(caller)
        self._socket = caller.socket
        self._around = around
        self._host = caller.host
        self._session = Session(
            around.config,
            around.accounts,
            around.blocks,
            around.archive,
            around.clock,
            around.moderation,
            self._host,
            lambda: around.addresses.take(self._host),
            around.throttle,
            self._is_there,
        )
        self._frames = FrameReader()
        self._deadlines = Deadlines(around.config, around.clock.monotonic())
        outbox = Outbox(around.config.outbox)
        self._transport: Plain | Sealed = Plain(self._socket, outbox)
        if caller.context is not None:
            self._transport = Sealed(self._socket, outbox, caller.context, self._announce, self._record_sealed)
        #: For the delivery.
        self.line = Line(number, self._socket, outbox, self._transport.source, self._fall_behind, self.give_up)
        # What the journal is to be asked for, of what was read at once.
        self._asked: list[Request] = []
        # Whether one who has closed its side was asked whether it still reads.
        self._probed = False
        # Why the connection ended, for the log; the first reason stands.
        self._reason: str | None = None
        self.thread = threading.Thread(target=self._run, name=f"connection-{number}")
        #: Whether the thread has done the last that it does. One that has just been started is not alive for a moment
        #: either.
        self.over = False

    @property
    def stamp(self) -> str | None:
        """That of the account (server/accounts.py) with which the user got in; None where there is none to go by."""
        return self._session.stamp

    @property
    def name(self) -> str:
        """The user's name, once logged in."""
        return self._session.name or ""

    @property
    def host(self) -> str:
        """The address that it comes from."""
        return self._host

    def ask_read(self, seq: int) -> Ping:
        """A ping for it, to be sent behind a message, whose pong says that it has read everything up to there."""
        return self._session.reading.ping(seq)

    def refuse(self, refusal: Refusal) -> None:
        """Answers a command that was refused after it had left the session."""
        self._log_refusal(refusal)
        self._say(Error.of(refusal))

    def end(self, last: Bye, *, drop: bool = False) -> None:
        """Says goodbye and ends the connection; with `drop` what is queued is not sent any more."""
        self._because(last.code)
        self._around.delivery.close(self.line, frame(encode(last)), drop=drop)
        self._stop_reading()

    def finish(self, reason: str, last: Bye | None = None) -> None:
        """Ends the connection once everything queued is sent, and these last words."""
        self._because(reason)
        self._around.delivery.close(self.line, frame(encode(last)) if last is not None else b"")
        self._stop_reading()

    def give_up(self) -> None:
        """Ends the connection at once: the client takes nothing any more."""
        self._because("too-slow")
        self._around.delivery.abandon(self.line)
        self._stop_reading()

    def tick(self, now: float) -> None:
        """Looks after the deadlines."""
        due = None if self.line.outbox.closing else self._deadlines.due(now)
        if isinstance(due, Bye):
            self.end(due)
        elif due is not None and self._transport.established:
            self._say(due)
        elif self._deadlines.busy and not self._probed:
            self._probe()

    def _probe(self) -> None:
        """Finds out whether one who has closed its side has left: if so, its system says so to whatever comes."""
        # The reader, who alone closes the socket, may have gone on meanwhile.
        with contextlib.suppress(OSError, ValueError):
            if has_ended(self._socket):
                self._probed = True
                self._say(Ping(id=_PROBE))

    def _is_there(self) -> bool:
        """Whether somebody may still wait for an answer. For the reader, and whoever it waits for."""
        return not self.line.outbox.closing and not is_gone(self._socket)

    def _because(self, reason: str) -> None:
        self._reason = self._reason or reason

    def _stop_reading(self) -> None:
        """Wakes the reader, which finds the end of the stream. It needs no waking where it is the one who ends."""
        if threading.current_thread() is self.thread:
            return
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)

    def _run(self) -> None:
        around = self._around
        around.delivery.attach(self.line)
        around.log.write("connected", connection=self.number, address=self.address)
        try:
            self._read()
        except TlsFailure as failure:
            self._because("tls-failed")
            around.log.write("tls-failed", connection=self.number, address=self.address, reason=str(failure))
        except Exception as error:
            around.log.write("internal-error", connection=self.number, reason=repr(error))
            self.end(Bye(code="internal", reconnect=True, text="The server made a mistake; connect again."))
        finally:
            try:
                self._depart()
                self._close()
            finally:
                self.over = True

    def _read(self) -> None:
        octets: bytes | None = b""
        greeted = False
        while not self.line.outbox.closing:
            if not greeted and self._transport.established:
                greeted = True
                self._greet()
            if octets:
                self._hear(octets)
            try:
                octets = self._transport.receive()
            except OSError:
                self._because("reset")
                return
            if octets is None:
                self._because(self._end_of_stream())
                return
        # Whoever ends a connection says why before the outbox is closed, but for the delivery, which closes it
        # where it finds nobody at the other end.
        self._because("reset")

    def _greet(self) -> None:
        if self._transport.description:
            self._around.log.write("sealed", connection=self.number, **self._transport.description)
        self._say(self._session.greet())

    def _hear(self, octets: bytes) -> None:
        found = self._frames.feed(octets)
        now = self._around.clock.monotonic()
        seldom = not self._session.logged_in or self._deadlines.silence(now) >= _SELDOM
        self._deadlines.heard(now, partial=self._frames.partial, complete=bool(found))
        self._deadlines.begin_work(now)
        try:
            for item in found:
                if self.line.outbox.closing:
                    break
                self._take(item)
        finally:
            self._hand_in()
            if seldom and self._session.logged_in:
                forget()
            self._deadlines.end_work(self._around.clock.monotonic())

    def _end_of_stream(self) -> str:
        if self._frames.partial:
            return "cut-in-frame"
        return "no-close-notify" if self._transport.ragged else "disconnected"

    def _take(self, item: bytes | Refusal) -> None:
        """Deals with one frame."""
        try:
            if isinstance(item, Refusal):
                if self._around.recorder:
                    # Of a frame that is none, only the length was looked at.
                    self._around.recorder.broken(self.number, PREFIX)
                raise item
            message = self._decode(item)
            for outcome in self._session.receive(message):
                self._carry_out(outcome)
        except Refusal as refusal:
            self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> None:
        self._log_refusal(refusal)
        for reply in self._session.refuse(refusal):
            self._carry_out(reply)

    def _decode(self, document: bytes) -> Message:
        logged_in = self._session.logged_in
        recorder = self._around.recorder
        try:
            message = decode(document, Side.CLIENT, guarded=not logged_in)
        except Refusal:
            if recorder:
                recorder.received(self.number, document, None, logged_in=logged_in)
            raise
        if recorder:
            recorder.received(self.number, document, message, logged_in=logged_in)
        return message

    def _carry_out(self, outcome: Reply | Ask) -> None:
        if isinstance(outcome, Ask):
            if isinstance(outcome.request, Enter):
                self._deadlines.logged_in()
                event = "registered" if outcome.request.registered else "login"
                self._around.log.write(event, connection=self.number, address=self.address, user=self.name)
            elif isinstance(outcome.request, PasswordChanged):
                self._around.log.write("password-changed", connection=self.number, user=self.name)
            self._asked.append(outcome.request)
        elif isinstance(outcome.message, Bye):
            self.end(outcome.message)
        else:
            self._say(outcome.message)

    def _hand_in(self) -> None:
        """Gives the journal what was asked for in one go, so that it does not begin with the first of many alone."""
        asked, self._asked = self._asked, []
        try:
            self._around.journal.submit(self, *asked)
        except Refusal as refusal:
            for request in asked:
                refusal.re = getattr(request, "id", None)
                self._refuse(refusal)

    def _record_sealed(self, frames: bytes) -> None:
        if self._around.recorder:
            self._around.recorder.sending(self.number, frames)(len(frames))

    def _log_refusal(self, refusal: Refusal) -> None:
        self._around.log.write(
            "refused",
            connection=self.number,
            address=self.address,
            user=self.name or None,
            code=refusal.code.name,
            at=refusal.at,
        )

    def _depart(self) -> None:
        """Has the journal end the connection, after the answers to what it has been asked before."""
        if self._session.logged_in:
            with contextlib.suppress(Refusal):
                self._around.journal.submit(self, Leave(self._reason or "disconnected"))
                return
        self._around.delivery.close(self.line)

    def _say(self, message: Message) -> None:
        self._around.delivery.send(self.line, frame(encode(message)))

    def _announce(self) -> None:
        self._around.delivery.serve(self.line)

    def _fall_behind(self) -> None:
        sentence = "You have fallen too far behind in reading; connect again."
        self.end(Bye(code="too-slow", reconnect=True, text=sentence), drop=True)

    def _close(self) -> None:
        """Lets the client take what is queued, and its own last octets come in, so that closing does not reset them."""
        if not self.line.outbox.wait(self._around.config.linger):
            self._around.delivery.abandon(self.line)
            self.line.outbox.wait()
        if self._around.recorder:
            self._around.recorder.broken(self.number, self._frames.held)
            self._around.recorder.ended(self.number)
        self._drain()
        self._socket.close()
        self._around.addresses.leave(self._host)
        self._around.log.write(
            "closed",
            connection=self.number,
            address=self.address,
            user=self.name or None,
            reason=self._reason,
        )

    def _drain(self) -> None:
        """Reads to the end of the stream, for a moment: a close with octets unread would take our last words back."""
        clock = self._around.clock
        end = clock.monotonic() + self._around.config.linger
        with contextlib.suppress(OSError):
            while (left := end - clock.monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv(READ):
                    return
