"""The server's own log, on stderr: a line for each connection, login, refusal and close; never a password or a text.

The lines of moderators' commands are the exception: they hold the reason that was given, or what was announced.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Literal

from server.clock import Clock

Format = Literal["text", "json"]
Value = str | int | None


class EventLog:
    """Safe to use from any thread; a line is written whole."""

    def __init__(self, form: Format, clock: Clock) -> None:
        self._render = _RENDERERS[form]
        self._clock = clock
        self._logger = logging.getLogger("xmlchat.server")
        self._logger.propagate = False
        self._logger.setLevel(logging.INFO)
        self._logger.handlers = [logging.StreamHandler(sys.stderr)]

    def write(self, event: str, **details: Value) -> None:
        known = {name: value for name, value in details.items() if value is not None}
        self._logger.info("%s", self._render(self._clock.utc(), event, known))


def _text(time: str, event: str, details: dict[str, str | int]) -> str:
    said = "".join(f" {name}={_word(value)}" for name, value in details.items())
    return f"{time} {event}{said}"


def _json(time: str, event: str, details: dict[str, str | int]) -> str:
    return json.dumps({"time": time, "event": event, **details})


def _word(value: str | int) -> str:
    """One word, or a quoted string: ASCII, on one line, whatever a client made us say."""
    plain = str(value)
    return plain if plain.isascii() and plain.isprintable() and " " not in plain else json.dumps(plain)


_RENDERERS = {"text": _text, "json": _json}
