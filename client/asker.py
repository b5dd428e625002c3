"""Asking a person: what a terminal has to be able to, and how passwords are asked for."""

from __future__ import annotations

import getpass
import sys
from typing import Protocol

from client.safe import put, safe


class Asker(Protocol):
    """Somebody who can be asked."""

    def ask(self, question: str) -> str:
        """Raises EOFError where there is no answer."""

    def ask_secret(self, question: str) -> str:
        """The same, without showing what is typed."""

    def tell(self, sentence: str) -> None: ...


class TerminalAsker:
    """Asks at the terminal."""

    def ask(self, question: str) -> str:
        return input(safe(question))

    def ask_secret(self, question: str) -> str:
        return getpass.getpass(safe(question))

    def tell(self, sentence: str) -> None:
        put(safe(sentence), sys.stdout)


def choose_password(asker: Asker) -> str:
    """A new password, typed twice. Raises EOFError."""
    while True:
        password = ask_password(asker, "Choose a password: ")
        if asker.ask_secret("The same again: ") == password:
            return password
        asker.tell("Those were two different ones.")


def ask_password(asker: Asker, question: str = "Password: ") -> str:
    """Raises EOFError."""
    while not (password := asker.ask_secret(question)):
        asker.tell("A password cannot be empty.")
    return password
