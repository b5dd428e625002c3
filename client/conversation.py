"""A conversation with a server over one connection after the other: what is sent, what comes, and coming back."""

from __future__ import annotations

import contextlib
import random
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace
from queue import SimpleQueue
from time import monotonic

from client.backoff import delays
from client.errors import Disconnected, Refused, ServerFault, Unreachable
from client.events import LinkDown, LinkUp
from client.link import Link
from client.pace import Pace
from client.session import Session
from schema.codec import encode
from schema.errors import ChatError, Refusal
from schema.messages import (
    MINOR,
    Away,
    Bye,
    Command,
    Error,
    Ex,
    Greeting,
    List,
    Login,
    Message,
    Ok,
    Passwd,
    Ping,
    Pong,
    Welcome,
)
from schema.protocol import State

#: Commands on their way without an answer; more wait in `submit`. Enough to keep the server's disk busy, little enough
#: that what is typed into a dead connection does not pile up.
MAX_UNANSWERED = 256

#: Events that nobody has read yet; over this the connection is given up, as a server would give up a slow reader.
MAX_UNREAD = 100_000

#: Seconds that one attempt to come back may wait for the server to take the connection.
_ATTEMPT = 3.0

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


@dataclass(frozen=True, slots=True)
class _Sent:
    """A command without an answer."""

    command: Command | Ping
    document: bytes
    answer: Future[Message]
    #: The answer is no event.
    quiet: bool = False


class _Later(Exception):
    """The server does not take us back now; `seconds` is when to try again, 0 for when we like."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Conversation:
    """What `Client` (client/connection.py) stands on. Safe to use from any thread.

    A connection that breaks after the login is made again, for as long as `retry_for` says: the conversation logs in,
    gets what it missed, and sends again what was not answered, which the server does not post twice.
    """

    def __init__(
        self,
        link: Link,
        host: str,
        port: int,
        timeout: float = 30.0,
        retry_for: float | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Takes over a link that has just been made, and starts the receiving thread.

        `retry_for` is in seconds; None tries for ever, 0 never. `tls` is what the link was made with.
        """
        self.timeout = timeout
        self.session = Session(f"{secrets.token_hex(4)}.")
        self._address = (host, port)
        self._tls = tls
        self._retry_for = retry_for
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
        # In the order in which they were sent, which is the one in which they are sent again.
        self._pending: dict[str, _Sent] = {}
        # Why there is nothing more to come.
        self._ended: ChatError | None = None
        # Commands that had no answer when it ended.
        self._unanswered = 0
        self._closed_here = Disconnected("The connection was closed here.")
        self._closing = threading.Event()
        self._pace = Pace(monotonic)
        self._receiver = threading.Thread(target=self._run, args=(link,), name="client-receiver")
        self._receiver.start()

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

    def submit(self, command: Command | Ping, timeout: float | None = None, *, quiet: bool = False) -> Future[Message]:
        """Sends a command; the future gives its answer, which may be an Error, and with `quiet` it alone does.

        Waits while too many commands are unanswered, and where the server wants fewer in a second. Raises Unsendable
        where the command is not valid, Disconnected, and TimeoutError where none was answered for `timeout` seconds.
        """
        document = encode(command)
        answer: Future[Message] = Future()
        self._keep_pace(command)
        with self._lock:
            if not self._wait(lambda: self._ended or len(self._pending) < MAX_UNANSWERED, timeout):
                raise TimeoutError
            if self._ended:
                raise self._ended
            self._pending[command.id] = _Sent(command, document, answer, quiet)
            if self._link is not None:
                if isinstance(command, Ex):
                    self.session.leave(command)
                self._link.send(document)
        return answer

    def settle(self, timeout: float | None = None) -> bool:
        """Waits until every command is answered; False where that took longer than `timeout` seconds.

        Not for quiet ones, which nobody misses. Raises Disconnected where the conversation ends first.
        """
        with self._lock:
            settled = self._wait(lambda: self._ended or all(sent.quiet for sent in self._pending.values()), timeout)
            if self._ended and self._unanswered:
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

    def close(self) -> None:
        """Ends the conversation and its threads. May be called again."""
        self._end(self._closed_here)
        with self._lock:
            link = self._link
        if link is not None:
            link.finish()
        self._receiver.join()

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

    def _run(self, link: Link) -> None:
        """The receiving thread: stays with a link until it ends, and makes the next."""
        current: Link | None = link
        why: ChatError = self._closed_here
        while current is not None:
            why = self._converse(current)
            with self._lock:
                self._link = None
                self._changed.notify_all()
            current.close()
            current = self._come_back(why) if self._may_come_back(why) else None
        self._end(why)
        self._incoming.put(None)

    def _converse(self, link: Link) -> ChatError:
        """Takes what comes until the link ends; why it did."""
        asked = False
        try:
            for message in link.received:
                if message is not None:
                    asked = False
                    self._take(message, link)
                    if self.session.state is State.CLOSED:
                        break
                elif asked:
                    return Disconnected("The server is not heard any more.")
                else:
                    asked = True
                    # Where there is no room for a question, there are commands enough that want an answer.
                    if not self._pace.wait():
                        link.send(encode(Ping(id=self.session.next_id())))
        except Refusal as refusal:
            return _fault(refusal)
        except ChatError as error:
            return error
        except OSError:
            pass
        bye = self.session.bye
        return Disconnected(bye.text, bye) if bye is not None else Disconnected("The server has gone away.")

    def _may_come_back(self, why: ChatError) -> bool:
        with self._lock:
            leaving = any(isinstance(sent.command, Ex) for sent in self._pending.values())
            logged_in = self._identity is not None and self.session.name is not None
            wanted = logged_in and self._ended is None and not leaving and self._retry_for != 0
        return wanted and isinstance(why, Disconnected) and not why.final

    def _come_back(self, why: ChatError) -> Link | None:
        """A link on which we are logged in again; None where that is not to be had, and the conversation has ended."""
        self._incoming.put((LinkDown(reason=str(why)), None))
        began = monotonic()
        least = 0.0
        for delay in delays(random.random):
            if self._closing.wait(max(delay, least)):
                return None
            try:
                return self._try_to_come_back()
            except _Later as later:
                least = later.seconds
            except (Unreachable, OSError):
                least = 0.0
            except ChatError as error:
                self._end(error)
                return None
            if self._retry_for is not None and monotonic() - began >= self._retry_for:
                self._end(why)
                return None
        return None

    def _try_to_come_back(self) -> Link:
        """Raises what keeps us out: _Later, Unreachable or OSError for now, another ChatError for good."""
        link = Link.connect(*self._address, min(self.timeout, _ATTEMPT), self._tls)
        try:
            with self._lock:
                # Closed while it was being made: nobody else knows of it, to hang it up.
                if self._ended:
                    raise self._ended
                self._arriving = link
            self._log_in_again(link)
        except BaseException as error:
            link.hang_up()
            link.close()
            if isinstance(error, Refusal):
                raise _fault(error) from None
            raise
        finally:
            with self._lock:
                self._arriving = None
        return link

    def _log_in_again(self, link: Link) -> None:
        self.session.reopen()
        for message in link.received:
            if message is None:
                break
            self._take(message, link)
            if isinstance(message, Greeting):
                self._introduce(link)
            elif isinstance(message, Welcome):
                self._restore()
                self._resend(link)
                return
            elif isinstance(message, Error):
                if message.action == "wait":
                    raise _Later(message.retry or 0)
                if message.code != "wrong-password" or not self._try_new_password():
                    raise Refused(message)
                self._introduce(link)
            elif isinstance(message, Bye):
                break
        bye = self.session.bye
        if bye is not None and not bye.reconnect:
            raise Disconnected(bye.text, bye)
        raise _Later(0)

    def _restore(self) -> None:
        """Puts in front of what is sent again what a login cannot say."""
        wanted: list[Command] = [Away(id=self.session.next_id())] if self.session.away else []
        with self._lock:
            if self._knows_blocks:
                wanted.append(List(id=self.session.next_id(), what="blocks"))
            # One that an earlier connection took along without an answer is sent again with the others.
            under_way = {type(sent.command) for sent in self._pending.values() if sent.quiet}
            quiet = [_Sent(one, encode(one), Future(), quiet=True) for one in wanted if type(one) not in under_way]
            self._pending = {sent.command.id: sent for sent in quiet} | self._pending

    def _introduce(self, link: Link) -> None:
        assert self._identity is not None
        link.send(encode(self.login_as(self._identity)))

    def _try_new_password(self) -> bool:
        """Whether the password was being changed when the connection broke: then it may be the new one by now.

        The command goes on as one that changes the new password to itself, so that it is answered as if nothing had
        been.
        """
        with self._lock:
            assert self._identity is not None
            for sent in self._pending.values():
                command = sent.command
                if isinstance(command, Passwd) and command.old == self._identity.password != command.new:
                    again = replace(command, old=command.new)
                    self._pending[command.id] = _Sent(again, encode(again), sent.answer)
                    self._identity = replace(self._identity, password=command.new)
                    return True
        return False

    def _resend(self, link: Link) -> None:
        """Sends what was not answered; what is said meanwhile waits, and goes behind it.

        Nothing is received as long as that takes. A server that hears from us does not mind.
        """
        done = 0
        while True:
            with self._lock:
                if self._ended:
                    raise self._ended
                rest = list(self._pending.values())[done:]
                if not rest:
                    self._link = link
                    break
            for sent in rest:
                self._keep_pace(sent.command)
                link.send(sent.document)
            done += len(rest)
        self._incoming.put((LinkUp(), None))

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
            answered = self._pending.pop(re, None) if re is not None else None
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
            with contextlib.suppress(InvalidStateError):
                answered.answer.set_result(message)

    def _end(self, why: ChatError) -> None:
        """The first reason stands; every command without an answer fails with it, and the link is hung up."""
        with self._lock:
            if self._ended is None:
                self._ended = why
            pending, self._pending = self._pending, {}
            self._unanswered += sum(not sent.quiet for sent in pending.values())
            # A link on which we have logged in is closed in good order by `close`.
            broken = self._arriving if why is self._closed_here else self._link
            self._changed.notify_all()
        self._closing.set()
        for sent in pending.values():
            with contextlib.suppress(InvalidStateError):
                sent.answer.set_exception(self._ended)
        if broken is not None:
            broken.hang_up()


def _fault(refusal: Refusal) -> ServerFault:
    return ServerFault(f"The server broke the protocol ({refusal.code.name}): {refusal}")


def _is_logout(ended: ChatError) -> bool:
    """Whether the conversation ended because the client wished it."""
    return isinstance(ended, Disconnected) and ended.bye is not None and ended.bye.code == "logout"
