"""Changing one's password, with the questions that it needs."""

from __future__ import annotations

from collections.abc import Callable

from client.asker import Asker, ask_password, choose_password
from client.connection import Client
from client.errors import Refused


def ask_passwords(asker: Asker) -> tuple[str, str]:
    """The password until now, and the new one. Raises EOFError where somebody thinks better of it."""
    return ask_password(asker, "Your password until now: "), choose_password(asker)


def change_password(client: Client, old: str, new: str, tell: Callable[[str], None]) -> None:
    """Waits for the server, and says how it went. Raises Disconnected and Unsendable."""
    try:
        client.change_password(old, new)
        tell("* Your password is changed. Wherever else you were logged in, you are no longer.")
    except TimeoutError:
        tell("! The server has not answered; which password holds you see when you log in.")
    except Refused:
        pass  # Whoever shows what comes has shown it.


#: What is said to who gave no password.
UNCHANGED = "* Your password stays as it was."
