"""Opens the full screen, and leaves in good order."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from client.connection import Client
from client.farewell import say_farewell
from client.local import Connect
from client.safe import put
from client.screen.screen import Screen
from client.view.chat import Chat
from client.view.entries import Talk

#: Seconds for answers that are still to come, when somebody goes to another server.
_ANSWERS_WITHIN = 3.0

#: What is said to who goes elsewhere.
_KEPT = "* What was not answered is kept; you find it when you come back, and /retry sends it again."


def run_screen(
    client: Client, host: str, drafts: Path | None = None, news: Sequence[str] = (), *, notify: bool = False
) -> Connect | None:
    """Shows the conversation until the person leaves or it ends, or until they go elsewhere: where is given back.

    `host` is for the eye, `drafts` the file for what is not sent, `news` is told first; `notify` asks for notifications
    on the desktop. Raises what ended it otherwise.
    """
    session = client.session
    assert session.name is not None
    chat = Chat(session.name, session.lobby, host, lambda sender: sender in session.blocked)
    for room in session.rooms:
        chat.open(Talk(room))
    for one in news:
        chat.tell(one, datetime.now(UTC).isoformat())
    screen = Screen(client, chat, drafts, notify=notify)
    try:
        screen.run()
        if screen.wish is not None:
            _go_elsewhere(client, screen)
        else:
            screen.finish()
            say_farewell(client, _tell)
    finally:
        client.leave()
        screen.join()
    return screen.wish


def _go_elsewhere(client: Client, screen: Screen) -> None:
    """Waits for what will be answered soon; a connection that is down is not waited for."""
    if not client.coming_back:
        screen.finish()
    if not client.settle(0 if client.coming_back else _ANSWERS_WITHIN):
        _tell(_KEPT)


def _tell(sentence: str) -> None:
    put(sentence, sys.stdout)
