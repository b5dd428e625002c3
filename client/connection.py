"""The client as a library: a connection with one thread that receives and one that sends."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from queue import SimpleQueue
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar, overload

from client.errors import Disconnected, Refused, ServerFault, Unreachable
from client.session import Session
from schema.codec import decode, encode
from schema.errors import ChatError, Refusal
from schema.framing import FrameReader, frame
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import (
    MINOR,
    Bye,
    Command,
    Dm,
    Error,
    Ex,
    Greeting,
    Join,
    List,
    Login,
    Message,
    Ok,
    Part,
    Ping,
    Pm,
    Pong,
    Prompt,
    Room,
    Rooms,
    Side,
    Users,
    Welcome,
    Who,
)
from schema.protocol import State

#: Octets read at once.
_READ = 64 * 1024

#: Commands on their way without an answer; more wait in `submit`. Enough to keep the server's disk busy, little enough
#: that what is typed into a dead connection does not pile up.
MAX_UNANSWERED = 256

#: Events that nobody has read yet; over this the connection is given up, as a server would give up a slow reader.
MAX_UNREAD = 100_000

#: Seconds that `close` lets the last frames go out, and `leave` the bye come in.
_LINGER = 2.0

#: Seconds waited at once. A signal that comes between the interpreter's look for one and its waiting is seen only after
#: the wait: without this, Ctrl-C would sometimes do nothing for as long as the server does nothing.
_WAIT = 0.5

Answer = TypeVar("Answer", bound=Message)


class Client:
    """A connection to a server. Safe to use from any thread.

    The methods named after commands wait for the answer, `timeout` seconds at the most, and raise Refused where it is
    an error, Disconnected where the connection ends first, and TimeoutError. `submit` does not wait.
    """

    def __init__(self, connected: socket.socket, timeout: float = 30.0) -> None:
        """Takes over a connected socket and starts its threads."""
        self.timeout = timeout
        self.session = Session()
        self._socket = connected
        self._outgoing: SimpleQueue[bytes | None] = SimpleQueue()
        # What has come, and whether it answers a command; None ends it.
        self._incoming: SimpleQueue[tuple[Message, bool] | None] = SimpleQueue()
        # Guards _pending, _ended and _unanswered. Entered as itself and not through the condition, whose methods are
        # Python: a signal that raises in one of them would leave it locked for ever.
        self._lock = threading.RLock()
        # Says when they change.
        self._changed = threading.Condition(self._lock)
        self._pending: dict[str, Future[Message]] = {}
        # Why there is nothing more to come.
        self._ended: ChatError | None = None
        # Commands that had no answer when it ended.
        self._unanswered = 0
        self._closed_here = Disconnected("The connection was closed here.")
        self._receiver = threading.Thread(target=self._receive, name="client-receiver")
        self._sender = threading.Thread(target=self._send, name="client-sender")
        self._receiver.start()
        self._sender.start()

    @classmethod
    def connect(cls, host: str = "127.0.0.1", port: int = 7700, *, timeout: float = 30.0) -> Self:
        """Connects and waits for the greeting. Raises Unreachable, ServerFault or Disconnected."""
        try:
            connected = socket.create_connection((host, port), timeout)
        except (OSError, UnicodeError, OverflowError) as error:
            # The last two come from a host that is no host name, and a port that is no port.
            reason = getattr(error, "strerror", None) or error
            raise Unreachable(f"Nobody answers at {host}:{port}: {reason}.") from None
        connected.settimeout(None)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = cls(connected, timeout)
        try:
            client._await_greeting()
        except BaseException:
            client.close()
            raise
        return client

    @property
    def greeting(self) -> Greeting:
        assert self.session.greeting is not None
        return self.session.greeting

    @overload
    def login(self, name: str, password: None = None, *, register: bool = False) -> Prompt: ...

    @overload
    def login(self, name: str, password: str, *, register: bool = False) -> Welcome: ...

    def login(self, name: str, password: str | None = None, *, register: bool = False) -> Welcome | Prompt:
        """Logs in. Without a password the answer is a prompt, which says whether the name is new.

        A new name is registered with `register`, or after such a prompt.
        """
        login = Login(id=self.session.next_id(), name=name, password=password, register=register or None, minor=MINOR)
        return self._ask(login, Prompt) if password is None else self._ask(login, Welcome)

    def pm(self, text: str, room: str | None = None) -> Ok:
        """Sends a public message, to the lobby or another room; it is on disk when this returns."""
        return self._ask(Pm(id=self.session.next_id(), text=text, room=room), Ok)

    def dm(self, to: str, text: str) -> Ok:
        """Sends a direct message; it is on disk when this returns."""
        return self._ask(Dm(id=self.session.next_id(), to=to, text=text), Ok)

    def users(self, room: str | None = None) -> tuple[str, ...]:
        return self._ask(Who(id=self.session.next_id(), room=room), Users).users

    def rooms(self) -> tuple[Room, ...]:
        return self._ask(List(id=self.session.next_id()), Rooms).rooms

    def join(self, room: str) -> Ok:
        return self._ask(Join(id=self.session.next_id(), room=room), Ok)

    def part(self, room: str) -> Ok:
        return self._ask(Part(id=self.session.next_id(), room=room), Ok)

    def ping(self) -> Pong:
        """Waits until the server has dealt with everything sent before."""
        return self._ask(Ping(id=self.session.next_id()), Pong)

    def ex(self) -> Bye:
        """Logs out. The server then ends the connection, and with it the events."""
        return self._ask(Ex(id=self.session.next_id()), Bye)

    def submit(self, command: Command | Ping, timeout: float | None = None) -> Future[Message]:
        """Sends a command; the future gives its answer, which may be an Error.

        Waits only while too many commands are unanswered. Raises Unsendable where the command is not valid,
        Disconnected, and TimeoutError where none was answered for `timeout` seconds.
        """
        octets = frame(encode(command))
        answer: Future[Message] = Future()
        with self._lock:
            if not self._wait(lambda: self._ended or len(self._pending) < MAX_UNANSWERED, timeout):
                raise TimeoutError
            if self._ended:
                raise self._ended
            self._pending[command.id] = answer
            if isinstance(command, Ex):
                self.session.leave(command)
            self._outgoing.put(octets)
        return answer

    def settle(self, timeout: float | None = None) -> bool:
        """Waits until every command is answered; False where that took longer than `timeout` seconds.

        Raises Disconnected where the connection ends first.
        """
        with self._lock:
            settled = self._wait(lambda: self._ended or not self._pending, timeout)
            if self._ended and self._unanswered:
                raise self._ended
            return settled

    def events(self, *, answers: bool = False) -> Iterator[Message]:
        """What the server sends, as it comes: broadcasts, direct messages, lists of users, notices, the bye.

        With `answers` the answers to commands too. Ends after the bye that answers `ex`, or with `close`; raises
        Disconnected or ServerFault where the connection ends otherwise. Meant for one reader.
        """
        while (item := self._incoming.get()) is not None:
            message, is_answer = item
            if answers or not is_answer:
                yield message
        # Whoever asks again gets the same end.
        self._incoming.put(None)
        with self._lock:
            ended = self._ended
        if ended is not None and ended is not self._closed_here and not _is_logout(ended):
            raise ended

    def close(self) -> None:
        """Ends the connection and its threads. May be called again."""
        self._end(self._closed_here)
        self._outgoing.put(None)
        try:
            self._sender.join(_LINGER)
        finally:
            self._hang_up()
        self._sender.join()
        self._receiver.join()
        self._socket.close()

    def leave(self) -> None:
        """Says ex, if it can still be said, and closes."""
        try:
            with contextlib.suppress(ChatError, TimeoutError):
                _result(self.submit(Ex(id=self.session.next_id()), _LINGER), _LINGER)
        finally:
            # Also for somebody who presses Ctrl-C again because this takes too long.
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, command: Command | Ping, expected: type[Answer]) -> Answer:
        answer = _result(self.submit(command, self.timeout), self.timeout)
        if isinstance(answer, Error):
            raise Refused(answer)
        if not isinstance(answer, expected):
            fault = ServerFault(f"The server answered {command.element} with {answer.element}.")
            self._end(fault)
            self._hang_up()
            raise fault
        return answer

    def _wait(self, done: Callable[[], object], timeout: float | None) -> bool:
        """Waits, under the lock, until `done` says so; False where that took longer than `timeout` seconds."""
        deadline = None if timeout is None else monotonic() + timeout
        while not done():
            left = _WAIT if deadline is None else min(_WAIT, deadline - monotonic())
            if left <= 0:
                return False
            self._changed.wait(left)
        return True

    def _await_greeting(self) -> None:
        with self._lock:
            if not self._wait(lambda: self._ended or self.session.greeting, self.timeout):
                raise ServerFault("The server does not greet; it may not be an xmlchat server.")
            if self._ended:
                raise self._ended

    def _send(self) -> None:
        try:
            while (octets := self._outgoing.get()) is not None:
                self._socket.sendall(octets)
        except OSError:
            # The receiver finds the end of the stream and says why.
            self._hang_up()

    def _hang_up(self) -> None:
        """Wakes both threads, wherever they wait."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _receive(self) -> None:
        frames = FrameReader(MAX_SERVER_DOCUMENT)
        try:
            while self.session.state is not State.CLOSED and (octets := self._socket.recv(_READ)):
                for item in frames.feed(octets):
                    if isinstance(item, Refusal):
                        raise item
                    self._take(decode(item, Side.SERVER))
        except Refusal as refusal:
            self._end(ServerFault(f"The server broke the protocol ({refusal.code.name}): {refusal}"))
        except ChatError as error:
            self._end(error)
        except OSError:
            pass
        self._end(self._disconnected())
        self._incoming.put(None)
        self._outgoing.put(None)

    def _disconnected(self) -> Disconnected:
        bye = self.session.bye
        if bye is not None:
            return Disconnected(bye.text, bye)
        return Disconnected("The server has gone away.")

    def _take(self, message: Message) -> None:
        for reply in self.session.receive(message):
            self._outgoing.put(frame(encode(reply)))
        # First of all: an answer that is taken off the pending ones has to reach whoever waits for it.
        if self._incoming.qsize() >= MAX_UNREAD:
            raise Disconnected(f"{MAX_UNREAD:,} events have come that nobody has read.")
        re = getattr(message, "re", None)
        with self._lock:
            answered = self._pending.pop(re, None) if re is not None else None
            self._changed.notify_all()
        self._incoming.put((message, answered is not None))
        if answered is not None:
            with contextlib.suppress(InvalidStateError):
                answered.set_result(message)

    def _end(self, why: ChatError) -> None:
        """The first reason stands; every command without an answer fails with it."""
        with self._lock:
            if self._ended is None:
                self._ended = why
            pending, self._pending = self._pending, {}
            self._unanswered += len(pending)
            self._changed.notify_all()
        for answer in pending.values():
            with contextlib.suppress(InvalidStateError):
                answer.set_exception(self._ended)


def _result(answer: Future[Message], timeout: float) -> Message:
    """The answer, when it is there. Raises what it failed with, and TimeoutError."""
    deadline = monotonic() + timeout
    while (left := deadline - monotonic()) > _WAIT:
        with contextlib.suppress(TimeoutError):
            return answer.result(_WAIT)
    return answer.result(max(left, 0))


def _is_logout(ended: ChatError) -> bool:
    """Whether the conversation ended because the client wished it."""
    return isinstance(ended, Disconnected) and ended.bye is not None and ended.bye.code == "logout"
