"""Opens the full screen, and leaves in good order."""

from __future__ import annotations

import sys

from client.connection import Client
from client.farewell import say_farewell
from client.safe import put
from client.screen.screen import Screen
from client.view.chat import Chat
from client.view.entries import Talk


def run_screen(client: Client, host: str, *, notify: bool = False) -> None:
    """Shows the conversation until the person leaves or it ends. Raises what ended it otherwise.

    `host` is for the eye; `notify` asks for notifications on the desktop.
    """
    session = client.session
    assert session.name is not None
    chat = Chat(session.name, session.lobby, host, lambda sender: sender in session.blocked)
    for room in session.rooms:
        chat.open(Talk(room))
    screen = Screen(client, chat, notify=notify)
    try:
        screen.run()
        screen.finish()
        say_farewell(client, _tell)
    finally:
        client.leave()
        screen.join()


def _tell(sentence: str) -> None:
    put(sentence, sys.stdout)
