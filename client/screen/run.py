"""Opens the full screen, and leaves in good order."""

from __future__ import annotations

import sys

from client.connection import Client
from client.farewell import say_farewell
from client.safe import put
from client.screen.screen import Screen
from client.view.chat import Chat


def run_screen(client: Client, host: str) -> None:
    """Shows the conversation until the person leaves or it ends; `host` is for the eye.

    Raises what ended it otherwise.
    """
    session = client.session
    assert session.name is not None
    screen = Screen(client, Chat(session.name, session.lobby, host, lambda sender: sender in session.blocked))
    try:
        screen.run()
        screen.finish()
        say_farewell(client, _tell)
    finally:
        client.leave()
        screen.join()


def _tell(sentence: str) -> None:
    put(sentence, sys.stdout)
