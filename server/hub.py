"""What each command does to the rooms and who is told what. No threads, no I/O: the journal's thread runs it.

The journal hands over requests in the one order that everybody will see. `apply` changes the rooms at once and gives
the steps that follow from a request; a step that is a `Draft` first has to be written to disk, and only then says
something, through `published` or `unpublished`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schema.errors import Refusal
from schema.messages import (
    Broadcast,
    Bye,
    Command,
    Direct,
    Dm,
    Ex,
    Join,
    List,
    Message,
    Notice,
    Ok,
    Part,
    Pm,
    User,
    Users,
    Welcome,
    Who,
)
from schema.messages import Room as RoomLine
from schema.messages import Rooms as RoomList
from server.archive import Missed
from server.clock import Clock
from server.config import LOBBY, Config
from server.rooms import Member, Room, Rooms
from server.store import Device, Row

#: Seconds of pause before a list of users is sent again, for each user squared: a list of n users goes to n users, so
#: this keeps lists below some 25 MB a second. With 30 users nobody notices, with 1,000 it is a second.
_LIST_PACE = 1e-6


@dataclass(frozen=True, slots=True)
class Enter:
    """A connection has logged in: `re` is the id of its login."""

    re: str
    registered: bool
    #: The name of the user's device; "" where it has none.
    client: str = ""
    #: The last message that the device saw, and the last direct one if that is further back; None where not said.
    since: int | None = None
    place: int | None = None
    #: Rooms to be in besides the lobby.
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leave:
    """A connection is gone, for a reason that the log has; what was asked before is still answered."""

    reason: str = "disconnected"


@dataclass(frozen=True, slots=True)
class Read:
    """A connection has read everything up to a message."""

    seq: int


Request = Enter | Leave | Read | Command


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
    users: tuple[str, ...]

    def welcome(self, last_seq: int, place: int) -> Welcome:
        return Welcome(
            re=self.enter.re,
            name=self.member.name,
            room=LOBBY,
            seq=last_seq,
            place=place,
            registered=self.enter.registered or None,
            users=User.named(*self.users),
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


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A message that has yet to be written to disk. It is for a room or for one recipient."""

    author: Member
    id: str
    #: The author's device, where it has a name: with the id it tells a resend.
    client: str
    room: str | None
    recipient: str | None
    text: str
    time: str
    audience: tuple[Member, ...]
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
            return Direct(seq=seq, sender=name, to=self.recipient, time=self.time, text=self.text)
        return Broadcast(seq=seq, room=self.room or LOBBY, sender=name, time=self.time, text=self.text)

    def row(self) -> Row:
        """What is written to disk."""
        known = (self.client, self.id) if self.client else (None, None)
        return Row(self.time, self.author.name, self.room, self.recipient, self.text, *known)

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


class Hub:
    def __init__(self, config: Config, clock: Clock) -> None:
        self.rooms = Rooms()
        #: The device of each member.
        self.devices: dict[Member, str] = {}
        #: What those who are catching up have yet to get; server/catch_up.py moves it on.
        self.missed: dict[Member, Missed] = {}
        #: How far devices have read since the journal last wrote it down.
        self.places: dict[Device, int] = {}
        self._config = config
        self._clock = clock
        # Rooms whose list of users has changed since it was last sent.
        self._changed: dict[str, None] = {}
        # Until when a room's list is not sent again; a room that is not here may have it at once.
        self._paced: dict[str, float] = {}

    def apply(self, member: Member, request: Request) -> list[Step]:
        """Carries out a request. Asking for anything after having left is passed over."""
        if not isinstance(request, Enter) and not self.rooms.joined(member):
            return []
        try:
            return _HANDLERS[type(request)](self, member, request)
        except Refusal as refusal:
            return [Refused(member, refusal)]

    def remind(self) -> None:
        """Has every list of users sent with the next news."""
        self._note(self.rooms.all)

    def news(self) -> list[Step]:
        """The lists of users that have changed, for those in the rooms; late where a large room changes often."""
        now = self._clock.monotonic()
        steps: list[Step] = []
        for name in list(self._changed):
            if self._paced.get(name, now) > now:
                continue
            del self._changed[name]
            self._paced.pop(name, None)
            room = self.rooms[name]
            if room is None:
                continue
            steps.append(Delivery(room.members, Users(room=name, users=User.named(*room.users))))
            if (pause := _LIST_PACE * room.count**2) > 0.01:
                self._paced[name] = now + pause
        return steps

    def pause(self) -> float | None:
        """Seconds until a list of users that has changed may be sent; None where there is none."""
        if not self._changed:
            return None
        return max(0.0, min(self._paced.get(name, 0.0) for name in self._changed) - self._clock.monotonic())

    def _note(self, changed: list[Room]) -> None:
        for room in changed:
            self._changed[room.name] = None

    def _enter(self, member: Member, request: Enter) -> list[Step]:
        elsewhere = self.rooms.connections(member.name)
        self.devices[member] = request.client
        self._note(self.rooms.enter(member))
        for room in request.rooms:
            self._note(self.rooms.join(member, room))
        seen = request.place if request.place is not None else request.since
        if seen is not None:
            self._move(member, seen)
        steps: list[Step] = [Arrival(member, request, self.rooms.lobby.users), CatchUp(member)]
        if elsewhere:
            sentence = "You have logged in on another connection too."
            steps.append(
                Delivery(elsewhere, Notice(code="another-session", time=self._clock.utc(), text=sentence)),
            )
        return steps

    def _leave(self, member: Member, request: Leave) -> list[Step]:
        self._forget(member)
        return [Departure(member, request.reason)]

    def _read(self, member: Member, request: Read) -> list[Step]:
        self._move(member, request.seq)
        missed = self.missed.get(member)
        # Only the sign that was asked for brings the next page.
        return [CatchUp(member)] if missed is not None and missed.directs_after == request.seq else []

    def _ex(self, member: Member, command: Ex) -> list[Step]:
        self._forget(member)
        return [Departure(member, "logout", Bye(re=command.id, code="logout", reconnect=False, text="Goodbye."))]

    def _pm(self, member: Member, command: Pm) -> list[Step]:
        name, device, time = command.room or LOBBY, self.devices[member], self._clock.utc()
        try:
            room = self._room_of(member, command.id, name)
        except Refusal as refusal:
            if not device:
                raise
            # It may have been posted on an earlier connection, which was in the room.
            return [Draft(member, command.id, device, name, None, command.text, time, (), refusal)]
        return [Draft(member, command.id, device, name, None, command.text, time, room.audience)]

    def _dm(self, member: Member, command: Dm) -> list[Step]:
        device = self.devices[member]
        audience = self.rooms.listeners(command.to) + self.rooms.listeners(member.name)
        return [Draft(member, command.id, device, None, command.to, command.text, self._clock.utc(), audience)]

    def _who(self, member: Member, command: Who) -> list[Step]:
        room = self._room(command.id, command.room or LOBBY)
        return [Delivery((member,), Users(re=command.id, room=room.name, users=User.named(*room.users)))]

    def _list(self, member: Member, command: List) -> list[Step]:
        lines = tuple(RoomLine(room.name, room.count) for room in self.rooms.all)
        return [Delivery((member,), RoomList(re=command.id, rooms=lines))]

    def _join(self, member: Member, command: Join) -> list[Step]:
        room = self.rooms[command.room]
        if (room is None or member not in room) and self.rooms.joined(member) >= self._config.rooms:
            sentence = f"You are in {self._config.rooms} rooms, which is the limit; part one first."
            raise Refusal("too-many-rooms", sentence, re=command.id)
        self._note(self.rooms.join(member, command.room))
        return [Delivery((member,), Ok(re=command.id))]

    def _part(self, member: Member, command: Part) -> list[Step]:
        if command.room == LOBBY:
            sentence = "Everyone stays in the lobby while logged in; ex logs out."
            raise Refusal("stay-in-lobby", sentence, re=command.id)
        self._room_of(member, command.id, command.room)
        self._note(self.rooms.part(member, command.room))
        return [Delivery((member,), Ok(re=command.id))]

    def _forget(self, member: Member) -> None:
        self._note(self.rooms.leave(member))
        self.missed.pop(member, None)
        del self.devices[member]

    def _move(self, member: Member, seq: int) -> None:
        """Notes that the device has read everything up to a message."""
        device = (member.name, self.devices[member])
        self.places[device] = max(seq, self.places.get(device, 0))

    def _room(self, re: str, name: str) -> Room:
        room = self.rooms[name]
        if room is None:
            raise Refusal("no-such-room", f"There is no room {name}; join makes one.", re=re)
        return room

    def _room_of(self, member: Member, re: str, name: str) -> Room:
        room = self._room(re, name)
        if member not in room:
            raise Refusal("not-in-room", f"You are not in {name}; join it first.", re=re)
        return room


_HANDLERS: dict[type, Callable[[Hub, Member, Any], list[Step]]] = {
    Enter: Hub._enter,
    Leave: Hub._leave,
    Read: Hub._read,
    Ex: Hub._ex,
    Pm: Hub._pm,
    Dm: Hub._dm,
    Who: Hub._who,
    List: Hub._list,
    Join: Hub._join,
    Part: Hub._part,
}
