"""What somebody has written and not sent, kept in a file from one run to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from client.kept import keep, put_aside, read
from client.view.entries import Talk

#: Drafts and messages kept of each kind: more than anybody writes, and little enough to read at every start.
MAX_KEPT = 256


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that had no answer when its writer left; it may have been sent."""

    talk: Talk
    text: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Drafts:
    """Lines that were begun, by conversation, and messages."""

    lines: Mapping[Talk, str]
    unsent: Sequence[Unsent] = ()


def load(file: Path) -> Drafts:
    """Raises Damaged and OSError."""
    content = read(file)
    try:
        lines = {_talk(one): _text(one["text"]) for one in content.get("drafts", [])}
        unsent = [Unsent(_talk(one), _text(one["text"]), _kind(one.get("kind"))) for one in content.get("unsent", [])]
    except (TypeError, KeyError, AttributeError):
        raise put_aside(file) from None
    return Drafts(lines, unsent)


def save(file: Path, drafts: Drafts, *, durable: bool = True) -> None:
    """Raises OSError. Where there is nothing to keep there is no file."""
    if not drafts.lines and not drafts.unsent:
        file.unlink(missing_ok=True)
        return
    lines = [{**_written(talk), "text": text} for talk, text in drafts.lines.items()]
    unsent = [{**_written(one.talk), "text": one.text, "kind": one.kind} for one in drafts.unsent]
    keep(file, {"drafts": lines[-MAX_KEPT:], "unsent": unsent[-MAX_KEPT:]}, durable=durable)


def _written(talk: Talk) -> dict[str, Any]:
    return {"room" if talk.is_room else "user": talk.name}


def _talk(one: dict[str, Any]) -> Talk:
    return Talk(_text(one["room"])) if "room" in one else Talk(_text(one["user"]), is_room=False)


def _kind(value: object) -> str | None:
    return None if value is None else _text(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
