"""A message that calls the person, in a few words: for a notification outside the chat."""

from __future__ import annotations

from client.safe import safe
from client.view.entries import Said, Talk

#: Characters told of a text: what a notification shows.
MAX_TEXT = 100


def told(talk: Talk, said: Said) -> str:
    """One line, safe, that begins with a name."""
    where = f" in {talk.label}" if talk.is_room else ""
    text = " ".join(said.text.split())
    short = f"{text[: MAX_TEXT - 1].rstrip()}…" if len(text) > MAX_TEXT else text
    return safe(f"{said.sender}{where}: {short}")
