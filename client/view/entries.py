"""What stands in a conversation, one entry below the other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Talk:
    """Where people talk: a room, or the other side of a private conversation."""

    name: str
    is_room: bool = True

    @property
    def label(self) -> str:
        return f"#{self.name}" if self.is_room else self.name


class State(Enum):
    """How far a message of ours has come."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`number` is its own within a timeline, whatever else changes.

    `after` is the `seq` behind which it stands; `time` is as on the wire, in UTC.
    """

    number: int
    after: int
    time: str

    @property
    def size(self) -> int:
        """Characters of text that it holds."""
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Entry):
    """A message; `kind` is "action" where it says what somebody does. `seq` is None while it is not known."""

    sender: str
    text: str
    kind: str | None = None
    seq: int | None = None
    state: State = State.SENT
    #: Why it failed.
    reason: str = ""
    #: The id of the command, until it is answered.
    id: str | None = None

    @property
    def size(self) -> int:
        return len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Entry):
    """Something of the server or of our own, for this person alone. It may have several lines."""

    text: str

    @property
    def size(self) -> int:
        return len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves(Entry):
    """Who came, who left, and who did both since anything else was said."""

    came: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    both: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return sum(map(len, (*self.came, *self.left, *self.both)))
