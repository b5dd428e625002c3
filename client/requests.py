"""Commands and their answers, over whichever connection there is."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from queue import SimpleQueue
from time import monotonic

from client.errors import Disconnected
from client.link import Link
from client.pace import Pace
from client.session import Session
from client.unanswered import Sent, Unanswered
from schema.codec import encode
from schema.errors import ChatError
from schema.messages import MINOR, Command, Ex, Greeting, Login, Message, Ok, Passwd, Ping, Pong

#: Commands on their way without an answer; more wait in `submit`. Enough to keep the server's disk busy, little enough
#: that what is typed into a dead connection does not pile up.
MAX_UNANSWERED = 256

#: Events that nobody has read yet; over this the connection is given up, as a server would give up a slow reader.
MAX_UNREAD = 100_000

#: Seconds of silence after which a server is taken for dead, where its greeting does not say.
_USUAL_PATIENCE = 30

#: Seconds waited at once. A signal that comes between the interpreter's look for one and its waiting is seen only after
#: the wait: without this, Ctrl-C would sometimes do nothing for as long as the server does nothing.
WAIT = 0.5


@dataclass(frozen=True, slots=True)
class Identity:
    """Who to log in as when coming back."""

    name: str
    password: str
    device: str


class Requests:
    """All of a `Conversation` (client/conversation.py) but making connections. Safe to use from any thread."""

    def __init__(self, link: Link, timeout: float) -> None:
        self.timeout = timeout
        self.session = Session(f"{secrets.token_hex(4)}.")
        # What has come, and the command that it answers; None ends it.
        self._incoming: SimpleQueue[tuple[Message, Command | Ping | None] | None] = SimpleQueue()
        # Guards all below. Entered as itself and not through the condition, whose methods are Python: a signal that
        # raises in one of them would leave it locked for ever.
        self._lock = threading.RLock()
        # Says when they change.
        self._changed = threading.Condition(self._lock)
        # The connection, None while it is down; and the one that is being made.
        self._link: Link | None = link
        self._arriving: Link | None = None
        self._identity: Identity | None = None
        # Whether the list of blocks is asked for after each login.
        self._knows_blocks = False
        self._unanswered = Unanswered()
        # Why there is nothing more to come.
        self._ended: ChatError | None = None
        # Commands that had no answer when it ended.
        self._lost: tuple[Command | Ping, ...] = ()
        self._closed_here = Disconnected("The connection was closed here.")
        self._closing = threading.Event()
        self._pace = Pace(monotonic)

    @property
    def connected(self) -> bool:
        """Whether there is a connection now; while there is none, commands wait until it is back."""
        with self._lock:
            return self._link is not None and self._ended is None

    @property
    def in_clear(self) -> bool:
        """Whether what is sent now can be read on its way to another machine."""
        with self._lock:
            return self._link is not None and self._link.in_clear

    @property
    def coming_back(self) -> bool:
        """Whether the connection is down and is being made again."""
        with self._lock:
            return self._link is None and self._ended is None

    @property
    def identity(self) -> Identity | None:
        """Who is logged in, as they log in again; None before a login."""
        with self._lock:
            return self._identity if self.session.name is not None else None

    @property
    def lost(self) -> tuple[Command | Ping, ...]:
        """The commands that had no answer when the conversation ended: they may have been carried out, or not."""
        with self._lock:
            return self._lost

    def submit(self, command: Command | Ping, timeout: float | None = None, *, quiet: bool = False) -> Future[Message]:
        """Sends a command; the future gives its answer, which may be an Error, and with `quiet` it alone does.

        Waits while too many commands are unanswered, and where the server wants fewer in a second. Raises Unsendable
        where the command is not valid, Disconnected, and TimeoutError where none was answered for `timeout` seconds.
        """
        sent = Sent(command, encode(command), quiet=quiet)
        self._keep_pace(command)
        with self._lock:
            if not self._wait(lambda: self._ended or len(self._unanswered) < MAX_UNANSWERED, timeout):
                raise TimeoutError
            if self._ended:
                raise self._ended
            self._unanswered.add(sent)
            if self._link is not None:
                if isinstance(command, Ex):
                    self.session.leave(command)
                self._link.send(sent.document)
        return sent.answer

    def settle(self, timeout: float | None = None) -> bool:
        """Waits until every command is answered; False where that took longer than `timeout` seconds.

        Not for quiet ones, which nobody misses. Raises Disconnected where the conversation ends first.
        """
        with self._lock:
            settled = self._wait(lambda: self._ended or not self._unanswered.missed, timeout)
            if self._ended and self._lost:
                raise self._ended
            return settled

    def events(self, *, answers: bool = False) -> Iterator[Message]:
        """What the server sends, as it comes: broadcasts, direct messages, lists of users, notices, the bye.

        Between them stand LinkDown and LinkUp (client/events.py), where the connection broke and was made again. With
        `answers` the answers to commands too. Ends after the bye that answers `ex`, or with `close`; raises
        Disconnected, Refused or ServerFault where the conversation ends otherwise. Meant for one reader.
        """
        for message, command in self.exchanges():
            if answers or command is None:
                yield message

    def exchanges(self) -> Iterator[tuple[Message, Command | Ping | None]]:
        """The same as `events` with the answers, each with the command that it answers."""
        while (item := self._incoming.get()) is not None:
            yield item
        # Whoever asks again gets the same end.
        self._incoming.put(None)
        with self._lock:
            ended = self._ended
        if ended is not None and ended is not self._closed_here and not _is_logout(ended):
            raise ended

    def _keep_pace(self, command: Command | Ping) -> None:
        """Waits until the server wants another command, or until the conversation ends."""
        if not isinstance(command, Login | Ex):
            while (pause := self._pace.wait()) and not self._closing.wait(min(pause, WAIT)):
                pass

    def _wait(self, done: Callable[[], object], timeout: float | None) -> bool:
        """Waits, under the lock, until `done` says so; False where that took longer than `timeout` seconds."""
        deadline = None if timeout is None else monotonic() + timeout
        while not done():
            left = WAIT if deadline is None else min(WAIT, deadline - monotonic())
            if left <= 0:
                return False
            self._changed.wait(left)
        return True

    def login_as(self, identity: Identity, *, register: bool = False, invitation: str | None = None) -> Login:
        """A login that goes on where the last one stopped."""
        place = self.session.place
        return Login(
            id=self.session.next_id(),
            name=identity.name,
            password=identity.password,
            register=register or None,
            client=identity.device,
            since=place.since,
            place=place.direct if place.direct != place.since else None,
            rooms=tuple(self.session.rooms),
            invitation=invitation,
            minor=MINOR,
        )

    def _take(self, message: Message, link: Link) -> None:
        for reply in self.session.receive(message):
            link.send(encode(reply))
        if isinstance(message, Greeting):
            link.patience(self.session.limit("ping", _USUAL_PATIENCE) / 2)
            self._pace.keep_to(self.session.limit("rate", 0), self.session.limit("burst", 0))
        if not self.session.place.take(message):
            return
        # First of all: an answer that is taken off the pending ones has to reach whoever waits for it.
        if self._incoming.qsize() >= MAX_UNREAD:
            raise Disconnected(f"{MAX_UNREAD:,} events have come that nobody has read.", final=True)
        re = getattr(message, "re", None)
        with self._lock:
            answered = self._unanswered.take(re) if re is not None else None
            if answered is not None:
                self.session.answered(answered.command, message)
                if isinstance(answered.command, Passwd) and isinstance(message, Ok) and self._identity is not None:
                    self._identity = replace(self._identity, password=answered.command.new)
            self._changed.notify_all()
        if answered is None and isinstance(message, Pong):
            return  # It answers our own question whether the server is there.
        if answered is None or not answered.quiet:
            self._incoming.put((message, answered.command if answered else None))
        if answered is not None:
            answered.answered(message)

    def _end(self, why: ChatError) -> None:
        """The first reason stands; every command without an answer fails with it, and the link is hung up."""
        with self._lock:
            if self._ended is None:
                self._ended = why
            unanswered = self._unanswered.take_all()
            self._lost += tuple(sent.command for sent in unanswered if not sent.quiet)
            # A link on which we have logged in is closed in good order by `close`.
            broken = self._arriving if why is self._closed_here else self._link
            self._changed.notify_all()
        self._closing.set()
        for sent in unanswered:
            sent.fail(self._ended)
        if broken is not None:
            broken.hang_up()


def _is_logout(ended: ChatError) -> bool:
    """Whether the conversation ended because the client wished it."""
    return isinstance(ended, Disconnected) and ended.bye is not None and ended.bye.code == "logout"
