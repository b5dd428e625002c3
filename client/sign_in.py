"""Logging in, with the questions that a person at a terminal is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from client.connection import Client
from client.errors import Refused
from schema.errors import Unsendable
from schema.messages import Welcome

#: Passwords that a person may try before we give up; the server has its own limit.
_TRIES = 3


class Asker(Protocol):
    """Somebody who can be asked."""

    def ask(self, question: str) -> str:
        """Raises EOFError where there is no answer."""

    def ask_secret(self, question: str) -> str:
        """The same, without showing what is typed."""

    def tell(self, sentence: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who wants to log in: what was said on the command line, or what was asked for."""

    name: str
    password: str | None
    register: bool = False
    device: str | None = None
    since: int | None = None

    def log_in(self, client: Client, password: str, *, register: bool = False) -> Welcome:
        return client.login(self.name, password, register=register, device=self.device, since=self.since)


def sign_in(client: Client, who: Applicant, asker: Asker | None) -> Welcome:
    """Logs in; where `asker` is None nobody can be asked, and the password has to be right. Raises Refused."""
    if who.password is None:
        assert asker is not None
        return _dialogue(client, who, asker)
    try:
        return who.log_in(client, who.password, register=who.register)
    except Refused as refused:
        if asker is None or refused.error.code != "unknown-name":
            raise
        if asker.ask(f"Nobody is registered as {who.name}. Register it? [y/N] ").strip().lower() not in ("y", "yes"):
            raise
        return who.log_in(client, who.password, register=True)


def _dialogue(client: Client, who: Applicant, asker: Asker) -> Welcome:
    """The login without a password: the server says whether the name is new."""
    prompt = client.login(who.name)
    asker.tell(prompt.text)
    is_new = prompt.account == "new"
    ask = _choose if is_new else _remember
    for _ in range(_TRIES - 1):
        try:
            return who.log_in(client, ask(asker), register=is_new)
        except Unsendable:
            asker.tell("A password cannot hold such characters, or as many. Try again.")
        except Refused as refused:
            if refused.error.code not in ("wrong-password", "bad-password"):
                raise
            asker.tell(f"{refused} Try again.")
    return who.log_in(client, ask(asker), register=is_new)


def _choose(asker: Asker) -> str:
    while True:
        password = _ask_secret(asker, "Choose a password: ")
        if asker.ask_secret("The same again: ") == password:
            return password
        asker.tell("Those were two different ones.")


def _remember(asker: Asker) -> str:
    return _ask_secret(asker, "Password: ")


def _ask_secret(asker: Asker, question: str) -> str:
    while not (password := asker.ask_secret(question)):
        asker.tell("A password cannot be empty.")
    return password
