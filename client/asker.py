"""Asking a person: what a terminal has to be able to, and how passwords are asked for."""

from __future__ import annotations

from typing import Protocol


class Asker(Protocol):
    """Somebody who can be asked."""

    def ask(self, question: str) -> str:
        """Raises EOFError where there is no answer."""

    def ask_secret(self, question: str) -> str:
        """The same, without showing what is typed."""

    def tell(self, sentence: str) -> None: ...


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
