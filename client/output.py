"""How what the server sends is written out: for people, as JSON, or as the documents themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal

from client.events import LinkDown, LinkUp
from client.safe import Stream, put, safe
from client.view.render import Renderer, nobody
from schema.codec import encode
from schema.messages import Command, Error, Greeting, Message, Ping, as_fields

Form = Literal["plain", "jsonl", "xml"]


class Output:
    """Writes each document as it comes, at once. What is data goes to `out`, what is talk about it to `talk`."""

    def __init__(self, form: Form, out: Stream, talk: Stream, is_hidden: Callable[[str], bool] = nobody) -> None:
        """`is_hidden` says whose public messages a person does not want to see; programs get all."""
        self._write = _WRITERS[form]
        self._out = out
        self._talk = talk
        self._renderer = Renderer(is_hidden=is_hidden)

    def show(self, message: Message, command: Command | Ping | None = None) -> None:
        """`command` is the one that the message answers."""
        self._write(self, message, command)

    def tell(self, sentence: str) -> None:
        """Something of our own, for the person."""
        put(sentence, self._talk)

    def _plain(self, message: Message, command: Command | Ping | None) -> None:
        line = self._renderer.line(message, command)
        if line is not None:
            is_talk = isinstance(message, Error | Greeting | LinkDown | LinkUp)
            put(line, self._talk if is_talk else self._out)

    def _jsonl(self, message: Message, _command: Command | Ping | None) -> None:
        if not isinstance(message, Ping):
            written = json.dumps(as_fields(message), ensure_ascii=False)
            put(safe(written, _in_json), self._out)

    def _xml(self, message: Message, command: Command | Ping | None) -> None:
        if isinstance(message, LinkDown | LinkUp):
            self._plain(message, command)  # They are no documents.
            return
        # The canonical form is one line, however many the text has.
        put(safe(encode(message).decode(), _in_xml), self._out)


# A program reads the same text either way; whoever looks at it in a terminal is safe.


def _in_json(character: str) -> str:
    return f"\\u{ord(character):04x}" if character <= "\uffff" else json.dumps(character)[1:-1]


def _in_xml(character: str) -> str:
    return f"&#{ord(character)};"


_WRITERS: dict[Form, Callable[[Output, Message, Command | Ping | None], None]] = {
    "plain": Output._plain,
    "jsonl": Output._jsonl,
    "xml": Output._xml,
}
