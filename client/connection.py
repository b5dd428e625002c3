"""The client as a library: the commands as methods, on a conversation that outlives a broken connection."""

from __future__ import annotations

import contextlib
import secrets
import ssl
from concurrent.futures import Future
from time import monotonic
from types import TracebackType
from typing import Self, TypeVar, overload

from client.conversation import Conversation
from client.errors import Refused, ServerFault
from client.link import Link
from client.requests import WAIT, Identity
from schema.endpoint import PLAIN_PORT, TLS_PORT
from schema.errors import ChatError
from schema.messages import (
    MINOR,
    Announce,
    Away,
    Back,
    Ban,
    Block,
    Blocks,
    Broadcast,
    Bye,
    Command,
    Direct,
    Dm,
    Error,
    Ex,
    Greeting,
    History,
    Join,
    Kick,
    List,
    Login,
    Message,
    Mute,
    Ok,
    Page,
    Part,
    Passwd,
    Ping,
    Pm,
    Pong,
    Prompt,
    Room,
    Rooms,
    Sanction,
    Sanctions,
    Unban,
    Unblock,
    Unmute,
    User,
    Users,
    Welcome,
    Who,
)

#: Seconds that `leave` waits for the bye.
_LINGER = 2.0

#: Seconds for the list of blocks. What comes before it is shown as if there were none.
_BLOCKS_WITHIN = 2.0

Answer = TypeVar("Answer", bound=Message)


class Client(Conversation):
    """A conversation with a server. Safe to use from any thread.

    The methods named after commands wait for the answer, `timeout` seconds at the most, and raise Refused where it is
    an error, Disconnected where the conversation ends first, and TimeoutError. `submit` does not wait.

    Once logged in, a connection that breaks is made again, for as long as `retry_for` says: the client logs in, gets
    what it missed, and sends again what was not answered, which the server does not post twice.
    """

    @classmethod
    def connect(
        cls,
        host: str = "127.0.0.1",
        port: int | None = None,
        *,
        timeout: float = 30.0,
        retry_for: float | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Self:
        """Connects and waits for the greeting. Raises Unreachable, Unverified, ServerFault or Disconnected.

        `tls` is a context that says whom to trust, such as `client_context` of schema/tls.py makes; the certificate has
        to be for `host`. Without it everything goes over the wire in clear, passwords too. The usual port is 7700, and
        with TLS 7743.
        """
        port = port if port is not None else (TLS_PORT if tls else PLAIN_PORT)
        client = cls(Link.connect(host, port, timeout, tls), host, port, timeout, retry_for, tls)
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
    def login(
        self, name: str, password: None = None, *, register: bool = False, invitation: str | None = None
    ) -> Prompt: ...

    @overload
    def login(
        self,
        name: str,
        password: str,
        *,
        register: bool = False,
        device: str | None = None,
        since: int | None = None,
        invitation: str | None = None,
    ) -> Welcome: ...

    def login(
        self,
        name: str,
        password: str | None = None,
        *,
        register: bool = False,
        device: str | None = None,
        since: int | None = None,
        invitation: str | None = None,
    ) -> Welcome | Prompt:
        """Logs in. Without a password the answer is a prompt, which says whether the name is new.

        A new name is registered with `register`, or after such a prompt. `device` is a name under which the server
        keeps a place for this program, so that a later run gets the direct messages that came meanwhile; `since` is the
        last message seen, and asks for everything after it. `invitation` is a code that lets one register where the
        greeting says that it needs one.
        """
        if password is None:
            asking = Login(id=self.session.next_id(), name=name, invitation=invitation, minor=MINOR)
            return self._ask(asking, Prompt)
        identity = Identity(name, password, device or secrets.token_hex(8))
        if since is not None:
            self.session.place.start_at(since)
        with self._lock:
            # Before the answer, since the connection may break right behind it.
            if self.session.name is None:
                self._identity = identity
        return self._ask(self.login_as(identity, register=register, invitation=invitation), Welcome)

    def change_password(self, old: str, new: str) -> Ok:
        """Changes one's own password. All other connections of the user end; this one comes back with the new one."""
        return self._ask(Passwd(id=self.session.next_id(), old=old, new=new), Ok)

    def pm(self, text: str, room: str | None = None, *, kind: str | None = None) -> Ok:
        """Sends a public message, to the lobby or another room; it is on disk when this returns.

        With `kind="action"` the text says what the user does, as `waves`.
        """
        return self._ask(Pm(id=self.session.next_id(), text=text, room=room, kind=kind), Ok)

    def dm(self, to: str, text: str, *, kind: str | None = None) -> Ok:
        """Sends a direct message; it is on disk when this returns. `kind` is as for `pm`."""
        return self._ask(Dm(id=self.session.next_id(), to=to, text=text, kind=kind), Ok)

    def users(self, room: str | None = None) -> tuple[User, ...]:
        """Everyone in the lobby or another room, with their roles and whether they are away."""
        return self._ask(Who(id=self.session.next_id(), room=room), Users).users

    def rooms(self) -> tuple[Room, ...]:
        return self._ask(List(id=self.session.next_id()), Rooms).rooms

    def join(self, room: str) -> Ok:
        return self._ask(Join(id=self.session.next_id(), room=room), Ok)

    def part(self, room: str) -> Ok:
        return self._ask(Part(id=self.session.next_id(), room=room), Ok)

    def history(
        self,
        room: str | None = None,
        *,
        user: str | None = None,
        before: int | None = None,
        after: int | None = None,
        limit: int | None = None,
    ) -> tuple[Broadcast | Direct, ...]:
        """Messages of a room, or of the conversation with a user, in order: the latest, or those next to a seq."""
        asked = History(id=self.session.next_id(), room=room, user=user, before=before, after=after, limit=limit)
        page = self._ask(asked, Page)
        return page.broadcasts + page.directs

    def away(self) -> Ok:
        """Tells the others that the user does not read at the moment; a client that comes back says so again."""
        return self._ask(Away(id=self.session.next_id()), Ok)

    def back(self) -> Ok:
        """Tells the others that the user reads again."""
        return self._ask(Back(id=self.session.next_id()), Ok)

    def block(self, user: str) -> Ok:
        """Takes no more direct messages from a user; it is on disk when this returns."""
        return self._ask(Block(id=self.session.next_id(), user=user), Ok)

    def unblock(self, user: str) -> Ok:
        """Takes direct messages from a user again."""
        return self._ask(Unblock(id=self.session.next_id(), user=user), Ok)

    def blocks(self) -> tuple[str, ...]:
        """From whom the user takes no direct messages."""
        return self._ask(List(id=self.session.next_id(), what="blocks"), Blocks).users

    def know_blocks(self) -> None:
        """Has `session.blocked` hold the user's blocks from now on: asks for them, and again whenever it comes back.

        No event tells of it. Waits for the answer, but not long, and not for a connection that is down. Where the
        server has no such list, nobody is blocked. Raises Disconnected.
        """
        asked = List(id=self.session.next_id(), what="blocks")
        self.submit(asked, self.timeout, quiet=True)
        with self._lock:
            self._knows_blocks = True
            self._wait(lambda: self._ended or self._link is None or asked.id not in self._unanswered, _BLOCKS_WITHIN)

    def kick(self, user: str, reason: str | None = None) -> Ok:
        """Ends every connection of a user. For moderators, as is all from here to `sanctions`."""
        return self._ask(Kick(id=self.session.next_id(), user=user, text=reason), Ok)

    def mute(self, user: str, seconds: int | None = None, reason: str | None = None) -> Ok:
        """Lets a user say nothing in public, for so many seconds or until `unmute`."""
        return self._ask(Mute(id=self.session.next_id(), user=user, seconds=seconds, text=reason), Ok)

    def unmute(self, user: str) -> Ok:
        return self._ask(Unmute(id=self.session.next_id(), user=user), Ok)

    def ban(
        self,
        user: str | None = None,
        *,
        address: str | None = None,
        seconds: int | None = None,
        reason: str | None = None,
    ) -> Ok:
        """Keeps a user or else an IP address or network out, for so many seconds or until `unban`."""
        asked = Ban(id=self.session.next_id(), user=user, address=address, seconds=seconds, text=reason)
        return self._ask(asked, Ok)

    def unban(self, user: str | None = None, *, address: str | None = None) -> Ok:
        return self._ask(Unban(id=self.session.next_id(), user=user, address=address), Ok)

    def announce(self, text: str) -> Ok:
        """Tells everyone who is logged in something, as a notice."""
        return self._ask(Announce(id=self.session.next_id(), text=text), Ok)

    def sanctions(self) -> tuple[Sanction, ...]:
        """The bans and mutes in force."""
        return self._ask(List(id=self.session.next_id(), what="sanctions"), Sanctions).sanctions

    def ping(self) -> Pong:
        """Waits until the server has dealt with everything sent before."""
        return self._ask(Ping(id=self.session.next_id()), Pong)

    def ex(self) -> Bye:
        """Logs out. The server then ends the connection, and with it the events."""
        return self._ask(Ex(id=self.session.next_id()), Bye)

    def leave(self) -> None:
        """Says ex, if it can still be said, and closes."""
        try:
            if self.connected:
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
            raise fault
        return answer

    def _await_greeting(self) -> None:
        with self._lock:
            if not self._wait(lambda: self._ended or self.session.greeting, self.timeout):
                hint = "" if self._tls else " If this is its port for TLS, give --tls."
                raise ServerFault(f"The server does not greet; it may not be an xmlchat server.{hint}")
            if self._ended:
                raise self._ended


def _result(answer: Future[Message], timeout: float) -> Message:
    """The answer, when it is there. Raises what it failed with, and TimeoutError."""
    deadline = monotonic() + timeout
    while (left := deadline - monotonic()) > WAIT:
        with contextlib.suppress(TimeoutError):
            return answer.result(WAIT)
    return answer.result(max(left, 0))
