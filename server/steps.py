"""What follows from a request, for the journal to carry out. A `Draft` first has to be written to disk."""

from __future__ import annotations

from dataclasses import dataclass

from schema.errors import Refusal
from schema.messages import Broadcast, Bye, Direct, Message, User, Welcome
from server.config import LOBBY
from server.requests import Enter
from server.rooms import Member
from server.store import Row


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to put into outboxes."""

    audience: tuple[Member, ...]
    message: Message


@dataclass(frozen=True, slots=True)
class Arrival:
    """A login, which is welcomed when it is known which message came last before it; a `CatchUp` follows."""

    member: Member
    enter: Enter
    users: tuple[User, ...]
    #: The role of the one who has come.
    role: str | None = None

    def welcome(self, last_seq: int, place: int) -> Welcome:
        return Welcome(
            re=self.enter.re,
            name=self.member.name,
            room=LOBBY,
            seq=last_seq,
            place=place,
            registered=self.enter.registered or None,
            role=self.role,
            users=self.users,
        )


@dataclass(frozen=True, slots=True)
class CatchUp:
    """A member gets the next page of what it missed."""

    member: Member


@dataclass(frozen=True, slots=True)
class Departure:
    """A member's connection ends after all that was said to it, and after its last words, if there are any."""

    member: Member
    reason: str
    message: Bye | None = None


@dataclass(slots=True, eq=False)
class Draft:
    """A message that has yet to be written to disk. It is for a room or for one recipient.

    Not frozen, since one is made for every message, and freezing takes as long again as all the rest of making it.
    """

    author: Member
    id: str
    #: The author's device, where it has a name: with the id it tells a resend.
    client: str
    room: str | None
    recipient: str | None
    text: str
    time: str
    audience: tuple[Member, ...]
    #: What the author says that it is; handed on as it came.
    kind: str | None = None
    #: Why it cannot be posted now; if it was posted before, by the same command, it is answered all the same.
    refusal: Refusal | None = None

    @property
    def key(self) -> tuple[str, str, str] | None:
        """What a resend has in common with the first; None where the device has no name."""
        return (self.author.name, self.client, self.id) if self.client else None

    def published(self, seq: int) -> Message:
        """What the audience gets."""
        name = self.author.name
        if self.recipient is not None:
            return Direct(seq=seq, sender=name, to=self.recipient, time=self.time, text=self.text, kind=self.kind)
        room = self.room or LOBBY
        return Broadcast(seq=seq, room=room, sender=name, time=self.time, text=self.text, kind=self.kind)

    def row(self) -> Row:
        """What is written to disk."""
        client, command = (self.client, self.id) if self.client else (None, None)
        return Row(self.time, self.author.name, self.room, self.recipient, self.text, client, command, self.kind)

    def unpublished(self) -> Refusal:
        """What the author gets where it was not posted."""
        if self.refusal is not None:
            return self.refusal
        sentence = "The message could not be written to disk and was not sent."
        return Refusal("storage", sentence, re=self.id, retry=5)


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that cannot be carried out."""

    member: Member
    refusal: Refusal


Step = Delivery | Arrival | CatchUp | Departure | Draft | Refused
