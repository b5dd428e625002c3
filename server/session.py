"""One client's conversation, without its socket: takes messages, gives what to answer and what to ask of the journal.

What concerns this client alone (the login, pings, refusals) is settled here, in the connection's own thread. What
concerns others goes to the journal, which puts everybody's commands into one order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

from schema.bucket import TokenBucket
from schema.errors import Refusal
from schema.limits import MAX_TEXT
from schema.messages import (
    MAJOR,
    MINOR,
    Announce,
    Ban,
    Block,
    Bye,
    Command,
    Dm,
    Error,
    Ex,
    Greeting,
    History,
    Kick,
    List,
    Login,
    Message,
    Mute,
    Passwd,
    Ping,
    Pm,
    Pong,
    Prompt,
    Protocol,
    Side,
    Unban,
    Unblock,
    Unmute,
)
from schema.messages import Blocks as BlockList
from schema.protocol import State, advance
from server.accounts import Accounts
from server.archive import Archive, Range
from server.blocks import MAX_BLOCKS, Blocks
from server.clock import Clock
from server.config import LOBBY, MAX_PAGE, VERSION, Config
from server.errors import StoreError
from server.login import Authentication
from server.moderation import Moderating, Moderation
from server.pages import make_page
from server.reading import Reading
from server.requests import Enter, PasswordChanged, Read, Request
from server.throttle import Throttle

#: Messages in a page of history where the client does not say how many.
_USUAL_PAGE = 50


@dataclass(frozen=True, slots=True)
class Reply:
    """For this client, at once."""

    message: Message


@dataclass(frozen=True, slots=True)
class Ask:
    """For the journal."""

    request: Request


class Session:
    """Not thread-safe: it belongs to the connection's reader. `receive` may take as long as hashing a password does."""

    def __init__(
        self,
        config: Config,
        accounts: Accounts,
        blocks: Blocks,
        archive: Archive,
        clock: Clock,
        moderation: Moderation,
        host: str,
        address_rate: Callable[[], float] = lambda: 0.0,
        throttle: Throttle | None = None,
        is_there: Callable[[], bool] = lambda: True,
    ) -> None:
        """`host` is the client's address.

        `address_rate` takes one command from what the address may send; the seconds to wait if none is left.
        `throttle` counts failed logins from the address; without it, those of this connection alone are counted.
        `is_there` says whether the client may still wait for an answer, from any thread and without blocking.
        """
        self._config = config
        self._accounts = accounts
        self._blocks = blocks
        self._archive = archive
        self._clock = clock
        self._moderation = moderation
        self._host = host
        self._address_rate = address_rate
        self._commands = TokenBucket(config.burst, config.rate, clock.monotonic()) if config.rate else None
        throttle = throttle or Throttle(config, clock)
        self._authentication = Authentication(config, accounts, throttle, host, is_there)
        self._state = State.OPENED
        self._refusals = TokenBucket(config.refusals, 1, clock.monotonic())
        #: What it is asked whether it has read it.
        self.reading = Reading()
        #: The user's name once logged in.
        self.name: str | None = None
        #: That of the account (server/accounts.py) with which the user got in; None before, and while it is changed.
        self.stamp: str | None = None

    @property
    def logged_in(self) -> bool:
        return self.name is not None

    def greet(self) -> Greeting:
        greeting = Greeting(
            server="xmlchat",
            version=VERSION,
            time=self._clock.utc(),
            protocols=(Protocol(MAJOR, MINOR),),
            registration=self._config.registration,
            limits=self._config.limits(),
        )
        self._state = advance(self._state, Side.SERVER, greeting)
        return greeting

    def receive(self, message: Message) -> list[Reply | Ask]:
        """What follows from a message of the client. Raises Refusal."""
        kind = type(message)
        self._state = advance(self._state, Side.CLIENT, message)
        if kind not in _FREE:
            assert isinstance(message, Command | Ping)
            self._check_rate(message)
        return _HANDLERS.get(kind, Session._ask)(self, message)

    def refuse(self, refusal: Refusal) -> list[Reply]:
        """The answer to something that could not be accepted, and the last words where that was once too often."""
        refusals = [refusal]
        # What has to wait is not the client's fault: one that has sent much when the server stops is no abuser. But
        # whoever logs in, which is not counted as a command, was told when to come back.
        counts = not refusal.code.fatal and (refusal.code.action != "wait" or refusal.code.name in _TOLD_TO_WAIT)
        if counts and self._refusals.take(self._clock.monotonic()):
            refusals.append(Refusal("too-many-errors", "Too many documents of this connection were refused."))
        last = refusals[-1]
        replies = [Reply(Error.of(refused)) for refused in refusals]
        if last.code.fatal:
            replies.append(Reply(Bye.of(last)))
        return replies

    def _check_rate(self, command: Command | Ping) -> None:
        wait = self._commands.take(self._clock.monotonic()) if self._commands else 0.0
        wait = wait or self._address_rate()
        if wait:
            seconds = ceil(wait)
            sentence = f"That was too fast; it was not done. Try again in {seconds} s."
            raise Refusal("too-fast", sentence, re=command.id, retry=seconds)

    def _ask(self, command: Command) -> list[Reply | Ask]:
        return [Ask(command)]

    def _ping(self, ping: Ping) -> list[Reply | Ask]:
        return [Reply(Pong(re=ping.id))]

    def _pong(self, pong: Pong) -> list[Reply | Ask]:
        seq = self.reading.pong(pong)
        return [] if seq is None else [Ask(Read(seq))]

    def _pm(self, command: Pm) -> list[Reply | Ask]:
        _check_text(command.id, command.text, "/pm/text")
        return [Ask(command)]

    def _dm(self, command: Dm) -> list[Reply | Ask]:
        _check_text(command.id, command.text, "/dm/text")
        if command.to == self.name:
            raise Refusal("to-yourself", "You cannot send a direct message to yourself.", re=command.id, at="/dm/@to")
        self._check_user(command.to, command.id, "/dm/@to")
        return [Ask(command)]

    def _list(self, command: List) -> list[Reply | Ask]:
        name = self.name or ""
        match command.what:
            case None | "rooms":
                return [Ask(command)]
            case "blocks":
                return [Reply(BlockList(re=command.id, users=self._blocks.of(name)))]
            case "sanctions":
                return [Reply(self._moderation.list(name, command))]
        raise Refusal("unknown-list", f"There is no list of {command.what}.", re=command.id, at="/list/@what")

    def _block(self, command: Block | Unblock) -> list[Reply | Ask]:
        self._change_block(command)
        return [Ask(command)]

    def _moderate(self, command: Moderating) -> list[Reply | Ask]:
        return [Ask(self._moderation.carry_out(self.name or "", self._host, command))]

    def _ex(self, command: Ex) -> list[Reply | Ask]:
        if self.logged_in:
            return [Ask(command)]
        return [Reply(Bye(re=command.id, code="logout", reconnect=False, text="Goodbye."))]

    def _history(self, command: History) -> list[Reply | Ask]:
        if (command.room and command.user) or (command.before is not None and command.after is not None):
            sentence = "Ask for a room or a user, and for what is before or after a message, not for both."
            raise Refusal("bad-range", sentence, re=command.id)
        users = (self.name or "", command.user) if command.user else None
        if users:
            self._check_user(command.user or "", command.id, "/history/@user")
        limit = max(1, min(command.limit if command.limit is not None else _USUAL_PAGE, MAX_PAGE))
        try:
            found = self._archive.history(
                Range(None if users else command.room or LOBBY, users, command.before, command.after, limit + 1)
            )
        except StoreError:
            raise Refusal("storage", "The messages cannot be read now.", re=command.id, retry=5) from None
        return [Reply(make_page(command.id, found, limit, newest=command.after is None))]

    def _login(self, login: Login) -> list[Reply | Ask]:
        outcome = self._authentication.log_in(login)
        if isinstance(outcome, Prompt):
            return [Reply(outcome)]
        self.name = login.name
        self.stamp = outcome.stamp
        self._state = State.ACTIVE
        registered = outcome.registered
        return [Ask(Enter(login.id, registered, login.client or "", login.since, login.place, login.rooms))]

    def _change_password(self, command: Passwd) -> list[Reply | Ask]:
        """Waits for the hashing and the disk, which is why it is done here and not in the journal."""
        before, self.stamp = self.stamp, None
        try:
            before = self._authentication.change_password(self.name or "", command)
        finally:
            self.stamp = before
        return [Ask(PasswordChanged(command.id))]

    def _change_block(self, command: Block | Unblock) -> None:
        """Waits for the disk, which is why it is done here and not in the journal."""
        name = self.name or ""
        try:
            if isinstance(command, Unblock):
                self._blocks.remove(name, command.user)
                return
            if command.user == name:
                raise Refusal("to-yourself", "You cannot block yourself.", re=command.id, at="/block/@user")
            self._check_user(command.user, command.id, "/block/@user")
            if not self._blocks.add(name, command.user):
                sentence = f"You have blocked {MAX_BLOCKS:,} users, which is the limit; unblock one first."
                raise Refusal("too-many-blocks", sentence, re=command.id)
        except sqlite3.Error:
            raise Refusal("storage", "The block could not be written to disk.", re=command.id, retry=5) from None

    def _check_user(self, name: str, re: str, at: str) -> None:
        try:
            exists = self._accounts.knows(name)
        except sqlite3.Error:
            raise Refusal("storage", "The accounts cannot be read now.", re=re, retry=5) from None
        if not exists:
            raise Refusal("no-such-user", f"There is no user {name}.", re=re, at=at)


def _check_text(re: str, text: str, at: str) -> None:
    if not text.strip():
        raise Refusal("empty-text", "The text is empty.", re=re, at=at)
    if len(text) > MAX_TEXT:
        sentence = f"The text has {len(text):,} characters; the limit is {MAX_TEXT:,}. It was not sent."
        raise Refusal("text-too-long", sentence, re=re, at=at)


#: What follows from each document; from any other command, that the journal is asked for it.
_HANDLERS: dict[type[Message], Callable[[Session, Any], list[Reply | Ask]]] = {
    Ping: Session._ping,
    Pong: Session._pong,
    Login: Session._login,
    Ex: Session._ex,
    Pm: Session._pm,
    Dm: Session._dm,
    List: Session._list,
    History: Session._history,
    Passwd: Session._change_password,
    **dict.fromkeys((Block, Unblock), Session._block),
    **dict.fromkeys((Kick, Mute, Unmute, Ban, Unban, Announce), Session._moderate),
}

#: Refusals of a login that say when to try again.
_TOLD_TO_WAIT = frozenset({"throttled", "busy"})

#: What is not counted as a command (PROTOCOL.md, section 4.12).
_FREE = frozenset({Pong, Login, Ex})
