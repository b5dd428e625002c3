"""How one connection gets into an account: prompts, registration, wrong passwords, and a new password later.

Where registration is not open, nothing here may tell whether a name exists to somebody who has neither its password nor
an invitation: not the code, not the sentence, and not the time (PROTOCOL.md, section 4.3).
"""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from schema.errors import Refusal
from schema.limits import MAX_PASSWORD
from schema.messages import Login, Passwd, Prompt
from server.accounts import Accounts
from server.config import INVITATION, LOBBY, OPEN, Config
from server.errors import BadInvitation, Busy
from server.hashing import Wanted
from server.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Admission:
    """The login is right. `stamp` is that of the account (server/accounts.py)."""

    stamp: str
    registered: bool


class Authentication:
    """Not thread-safe: it belongs to the connection's reader. Takes as long as hashing a password does.

    Every method raises Refusal. The throttle is asked before anything is looked at, when a password's turn to be hashed
    has come, and once more before anything is told: of many guesses at the same moment only as many are answered as one
    after the other, and few more are hashed.
    """

    def __init__(
        self,
        config: Config,
        accounts: Accounts,
        throttle: Throttle,
        address: str,
        is_there: Callable[[], bool] = lambda: True,
    ) -> None:
        """`is_there` says whether the client still waits, from any thread and without blocking."""
        self._config = config
        self._accounts = accounts
        self._throttle = throttle
        self._address = address
        self._is_there = is_there
        # The name that was last prompted for as new: a login with a password may now register it.
        self._prompted: str | None = None
        self._wrong_passwords = 0

    def log_in(self, login: Login) -> Prompt | Admission:
        with _answering(login.id):
            if login.password is None:
                return self._prompt(login)
            _check_throttled(login.id, self._throttle.wait(login.name, self._address))
            # Before anything is looked up: in a flood most are turned away here.
            with self._in_turn(login.id, login.name):
                self._accounts.check_free()
            _check_length(login.id, login.password, "/login/password")
            self._check_rooms(login)
            is_open = self._is_open(login)
            if login.name not in self._accounts and is_open:
                self._check_name(login)
                if stamp := self._register(login, login.password):
                    return Admission(stamp, registered=True)
                # Somebody was quicker, perhaps this user on another connection: it is a login to that account now.
            return self._check_password(login, login.password, is_open=is_open)

    def change_password(self, name: str, command: Passwd) -> str:
        """The new stamp of the account."""
        with _answering(command.id):
            _check_throttled(command.id, self._throttle.wait(name, self._address))
            _check_length(command.id, command.old, "/passwd/old")
            _check_length(command.id, command.new, "/passwd/new", self._config.password_min)
            with self._in_turn(command.id, name) as wanted:
                stamp = self._accounts.change_password(name, command.old, command.new, wanted)
            if stamp is None:
                _check_throttled(command.id, self._throttle.failed(name, self._address))
                raise Refusal("wrong-password", "That is not your password.", re=command.id, at="/passwd/old")
            return stamp

    @contextmanager
    def _in_turn(self, re: str, name: str) -> Iterator[Wanted]:
        """A password is hashed in here, where it is still wanted when its turn has come."""

        def is_wanted() -> bool:
            return self._is_there() and not self._throttle.wait(name, self._address)

        try:
            with self._throttle.place(self._address):
                yield is_wanted
        except Busy as busy:
            _check_throttled(re, self._throttle.wait(name, self._address))
            raise Refusal("busy", str(busy), re=re, retry=busy.retry) from None

    def _is_open(self, login: Login) -> bool:
        """Whether this login may register, and so may be told which names are new."""
        if self._config.registration == INVITATION and login.invitation is not None:
            return self._accounts.is_invited(login.invitation)
        return self._config.registration == OPEN

    def _prompt(self, login: Login) -> Prompt:
        with_invitation = self._config.registration == INVITATION and login.invitation is not None
        if with_invitation:
            _check_throttled(login.id, self._throttle.wait(login.name, self._address))
        is_open = self._is_open(login)
        if with_invitation and not is_open:
            _check_throttled(login.id, self._throttle.failed(login.name, self._address))
        is_new = is_open and login.name not in self._accounts
        if is_new:
            self._check_reserved(login)
            account, sentence = "new", f"{login.name} is a new name: choose a password, and you are registered with it."
        elif self._config.registration == OPEN:
            account, sentence = "known", f"{login.name} is registered: log in with the password."
        else:
            account, sentence = "known", f"Log in as {login.name} with the password."
        self._prompted = login.name if is_new else None
        return Prompt(re=login.id, name=login.name, account=account, text=sentence)

    def _check_rooms(self, login: Login) -> None:
        if len({LOBBY, *login.rooms}) > self._config.rooms:
            sentence = f"One connection may be in {self._config.rooms} rooms, the lobby included."
            raise Refusal("too-many-rooms", sentence, re=login.id, at="/login/room")

    def _check_name(self, login: Login) -> None:
        """Whether this new name is to be registered. To get it wrong is no failure: a prompt tells as much."""
        if not login.register and self._prompted != login.name:
            sentence = f"Nobody is registered as {login.name}. Check the spelling, or ask to be registered."
            raise Refusal("unknown-name", sentence, re=login.id, at="/login/@name")
        self._check_reserved(login)

    def _check_reserved(self, login: Login) -> None:
        if login.name in self._config.reserved_names:
            sentence = f"The name {login.name} is kept for the operator; choose another."
            raise Refusal("reserved-name", sentence, re=login.id, at="/login/@name")

    def _register(self, login: Login, password: str) -> str | None:
        """The stamp of the new account; None where somebody was quicker."""
        _check_length(login.id, password, "/login/password", self._config.password_min)
        if wait := ceil(self._throttle.take_account(self._address)):
            sentence = f"Many accounts were made from your address. Try again in {wait} s."
            raise Refusal("throttled", sentence, re=login.id, retry=wait)
        stamp = None
        try:
            invitation = login.invitation if self._config.registration == INVITATION else None
            with self._in_turn(login.id, login.name) as wanted:
                stamp = self._accounts.register(login.name, password, invitation=invitation, wanted=wanted)
        except BadInvitation as error:
            raise Refusal("bad-invitation", str(error), re=login.id, at="/login/invitation") from None
        finally:
            if stamp is None:
                self._throttle.give_back_account(self._address)
        self._throttle.succeeded(login.name, self._address)
        return stamp

    def _check_password(self, login: Login, password: str, *, is_open: bool) -> Admission:
        with self._in_turn(login.id, login.name) as wanted:
            stamp = self._accounts.authenticate(login.name, password, wanted)
        if stamp is None:
            raise self._wrong_password(login, is_open=is_open)
        _check_throttled(login.id, self._throttle.succeeded(login.name, self._address))
        account = self._accounts[login.name]
        # The password may have been changed while it was being checked.
        if account is None or account.stamp != stamp:
            raise self._wrong_password(login, is_open=is_open)
        if account.disabled:
            sentence = f"The operator has disabled the account {login.name}."
            raise Refusal("account-disabled", sentence, re=login.id)
        return Admission(stamp, registered=False)

    def _wrong_password(self, login: Login, *, is_open: bool) -> Refusal:
        _check_throttled(login.id, self._throttle.failed(login.name, self._address))
        self._wrong_passwords += 1
        if self._wrong_passwords >= self._config.attempts:
            sentence = f"That was wrong password number {self._wrong_passwords}; connect again to go on trying."
            return Refusal("too-many-attempts", sentence, re=login.id)
        if self._config.registration == INVITATION and login.invitation is not None and not is_open:
            sentence = "The invitation is not valid, or was used before; and the name or the password is wrong."
            return Refusal("bad-invitation", sentence, re=login.id, at="/login/invitation")
        sentence = "The name or the password is wrong."
        if self._config.registration == OPEN:
            sentence = f"{login.name} is registered with another password."
        return Refusal("wrong-password", sentence, re=login.id, at="/login/password")


def check_length(password: str, least: int = 0) -> str | None:
    """What is wrong with the length of a password, as a sentence; it counts as it is hashed, in form C."""
    length = len(unicodedata.normalize("NFC", password))
    if length > MAX_PASSWORD:
        return f"A password has {MAX_PASSWORD} characters at the most; this one has {length}."
    if length < least:
        return f"A password has {least} characters at the least; this one has {length}."
    return None


def _check_length(re: str, password: str, at: str, least: int = 0) -> None:
    if sentence := check_length(password, least):
        raise Refusal("bad-password", sentence, re=re, at=at)


def _check_throttled(re: str, wait: float) -> None:
    if seconds := ceil(wait):
        sentence = f"Too many logins with this name or from your address have failed. Try again in {seconds} s."
        raise Refusal("throttled", sentence, re=re, retry=seconds)


@contextmanager
def _answering(re: str) -> Iterator[None]:
    """Turns what others cannot do now into an answer."""
    try:
        yield
    except sqlite3.Error:
        raise Refusal("storage", "The accounts cannot be read or written now.", re=re, retry=5) from None
