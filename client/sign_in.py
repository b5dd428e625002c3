"""Logging in, with the questions that a person at a terminal is asked."""

from __future__ import annotations

from typing import Protocol

from client.connection import Client
from client.errors import Refused
from schema.messages import Welcome

#: Wrong passwords that a person may type before we give up; the server has its own limit.
_TRIES = 3


class Asker(Protocol):
    """Somebody who can be asked."""

    def ask(self, question: str) -> str:
        """Raises EOFError where there is no answer."""

    def ask_secret(self, question: str) -> str:
        """The same, without showing what is typed."""

    def tell(self, sentence: str) -> None: ...


def sign_in(client: Client, name: str, password: str | None, *, register: bool, asker: Asker | None) -> Welcome:
    """Logs in; where `asker` is None nobody can be asked, and `password` has to be right. Raises Refused."""
    if password is None:
        assert asker is not None
        return _dialogue(client, name, asker)
    try:
        return client.login(name, password, register=register)
    except Refused as refused:
        if asker is None or refused.error.code != "unknown-name":
            raise
        if asker.ask(f"Nobody is registered as {name}. Register it? [y/N] ").strip().lower() not in ("y", "yes"):
            raise
        return client.login(name, password, register=True)


def _dialogue(client: Client, name: str, asker: Asker) -> Welcome:
    """The login without a password: the server says whether the name is new."""
    prompt = client.login(name)
    asker.tell(prompt.text)
    if prompt.account == "new":
        return client.login(name, _choose(asker), register=True)
    for _ in range(_TRIES - 1):
        try:
            return client.login(name, asker.ask_secret("Password: "))
        except Refused as refused:
            if refused.error.code != "wrong-password":
                raise
            asker.tell(f"{refused} Try again.")
    return client.login(name, asker.ask_secret("Password: "))


def _choose(asker: Asker) -> str:
    while True:
        password = asker.ask_secret("Choose a password: ")
        if not password:
            asker.tell("A password cannot be empty.")
        elif asker.ask_secret("The same again: ") == password:
            return password
        else:
            asker.tell("Those were two different ones.")
