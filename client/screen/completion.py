"""What Tab completes: commands, and the names of people and rooms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from client.commands import NAMES, first_word
from client.view.chat import Chat


class ChatCompleter(Completer):
    """Completes the word before the cursor."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        word = before.rpartition(" ")[2].rpartition("\n")[2]
        for text in sorted(candidates(self._chat, before, word)):
            yield Completion(text, start_position=-len(word), display=text.strip())


def candidates(chat: Chat, before: str, word: str) -> Iterable[str]:
    """What the last `word` of the line `before` the cursor may become, with what is to stand behind it."""
    if before.startswith("/") and not before.startswith("//"):
        command, space, rest = before[1:].partition(" ")
        if not space:
            return [f"/{name} " for name in NAMES if name.startswith(command.lower())]
        if " " not in rest.lstrip():
            return [f"{one} " for one in _arguments(chat, first_word(command)) if one.startswith(word.lower())]
    if not word:
        return []
    # At the beginning of a line a name calls somebody.
    ending = ": " if word == before else " "
    start = word.removeprefix("@")
    at = word[: len(word) - len(start)]
    return [f"{at}{name}{ending}" for name in _names(chat) if name.startswith(start.lower())]


def _arguments(chat: Chat, wanted: str) -> Iterable[str]:
    if wanted.startswith("NAME"):
        return _names(chat)
    if wanted == "ROOM":
        return [talk.name for talk in chat.timelines if talk.is_room]
    if "|" in wanted and wanted.islower():
        return wanted.split("|")
    if wanted == "COMMAND":
        return (*NAMES, "keys")
    return ()


def _names(chat: Chat) -> set[str]:
    """Everyone who is here or with whom one has talked, but oneself."""
    here = {user.name for users in chat.people.values() for user in users}
    return (here | {talk.name for talk in chat.timelines if not talk.is_room}) - {chat.me}
