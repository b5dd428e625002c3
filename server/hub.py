"""What each command does to the rooms and who is told what. No threads, no I/O: the journal runs it.

The journal hands over requests in the one order that everybody will see. `apply` changes the rooms at once and gives
the steps that follow from a request; a step that is a `Draft` first has to be written to disk, and only then says
something, through `published` or `unpublished`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schema.errors import Refusal
from schema.messages import (
    Away,
    Back,
    Block,
    Bye,
    Dm,
    Ex,
    Join,
    List,
    Notice,
    Ok,
    Part,
    Pm,
    Unblock,
    Users,
    Who,
)
from schema.messages import Room as RoomLine
from schema.messages import Rooms as RoomList
from server.archive import Missed
from server.clock import Clock
from server.config import LOBBY, Config
from server.networks import covers
from server.orders import Order, Ordered, Remove, Roles, Tell
from server.requests import PASSWORD_CHANGED, Dismiss, Enter, Leave, PasswordChanged, Read, Request
from server.rooms import Member, Room, Rooms
from server.roster import Roster
from server.sanctions import Sanctions
from server.steps import Arrival, CatchUp, Delivery, Departure, Draft, Refused, Step
from server.store import Device


class Hub:
    def __init__(
        self, config: Config, clock: Clock, sanctions: Sanctions, is_blocked: Callable[[str, str], bool]
    ) -> None:
        """`is_blocked` says whether a user takes no direct messages from a sender; it must not wait."""
        self.rooms = Rooms()
        self.roster = Roster(self.rooms, clock)
        #: The device of each member.
        self.devices: dict[Member, str] = {}
        #: What those who are catching up have yet to get; server/catch_up.py moves it on.
        self.missed: dict[Member, Missed] = {}
        #: How far devices have read since the journal last wrote it down.
        self.places: dict[Device, int] = {}
        self._config = config
        self._clock = clock
        self._sanctions = sanctions
        self._is_blocked = is_blocked

    def apply(self, member: Member, request: Request) -> list[Step]:
        """Carries out a request. Asking for anything after having left is passed over."""
        if not isinstance(request, Enter | Ordered) and not self.rooms.joined(member):
            return []
        try:
            return _HANDLERS[type(request)](self, member, request)
        except Refusal as refusal:
            return [Refused(member, refusal)]

    def carry_out(self, order: Order) -> list[Step]:
        """What follows from an order of the server's."""
        return _ORDERS[type(order)](self, order)

    def remind(self) -> None:
        """Has every list of users sent with the next news."""
        self.roster.note(self.rooms.all)

    def news(self) -> list[Step]:
        """The lists of users that have changed, for those in the rooms; late where a large room changes often."""
        return [Delivery(room.members, users) for room, users in self.roster.news()]

    def pause(self) -> float | None:
        """Seconds until a list of users that has changed may be sent; None where there is none."""
        return self.roster.pause()

    def _enter(self, member: Member, request: Enter) -> list[Step]:
        role = self.roster.role(member.name)
        if barred := self._sanctions.barring(member.name, member.host, role):
            # Asked here, in the order of all: whoever comes before the ban is carried out is sent away by it.
            refusal = self._sanctions.refusal(barred, request.re)
            return [Refused(member, refusal), Departure(member, "banned", Bye.of(refusal))]
        elsewhere = self.rooms.connections(member.name)
        self.devices[member] = request.client
        self.roster.note(self.rooms.enter(member))
        for room in request.rooms:
            self.roster.note(self.rooms.join(member, room))
        seen = request.place if request.place is not None else request.since
        if seen is not None:
            self._move(member, seen)
        users = self.roster.users(self.rooms.lobby)
        steps: list[Step] = [Arrival(member, request, users, role), CatchUp(member)]
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

    def _password_changed(self, member: Member, request: PasswordChanged) -> list[Step]:
        """Whoever knew the old password may be logged in with it: all but this connection end."""
        steps: list[Step] = [Delivery((member,), Ok(re=request.re))]
        for other in self.rooms.connections(member.name):
            if other is not member:
                steps += self._dismiss(other, Dismiss(PASSWORD_CHANGED))
        return steps

    def _dismiss(self, member: Member, request: Dismiss) -> list[Step]:
        self._forget(member)
        return [Departure(member, request.bye.code, request.bye)]

    def _ex(self, member: Member, command: Ex) -> list[Step]:
        self._forget(member)
        return [Departure(member, "logout", Bye(re=command.id, code="logout", reconnect=False, text="Goodbye."))]

    def _pm(self, member: Member, command: Pm) -> list[Step]:
        name, device, time = command.room or LOBBY, self.devices[member], self._clock.utc()
        try:
            room = self._room_of(member, command.id, name)
            if muted := self._sanctions.mute_of(member.name):
                raise self._sanctions.refusal(muted, command.id)
        except Refusal as refusal:
            if not device:
                raise
            # It may have been posted before, on a connection that was in the room, or by one who was not muted then.
            return [Draft(member, command.id, device, name, None, command.text, time, (), command.kind, refusal)]
        return [Draft(member, command.id, device, name, None, command.text, time, room.audience, command.kind)]

    def _dm(self, member: Member, command: Dm) -> list[Step]:
        device, time = self.devices[member], self._clock.utc()
        refusal = None
        if self._is_blocked(command.to, member.name):
            sentence = f"{command.to} takes no direct messages from you."
            refusal = Refusal("blocked", sentence, re=command.id)
            if not device:
                raise refusal
            # It may have been posted before it was blocked.
        audience = self.rooms.listeners(command.to) + self.rooms.listeners(member.name)
        return [
            Draft(member, command.id, device, None, command.to, command.text, time, audience, command.kind, refusal)
        ]

    def _away(self, member: Member, command: Away | Back) -> list[Step]:
        self.roster.set_away(member.name, away=isinstance(command, Away))
        return [Delivery((member,), Ok(re=command.id))]

    def _blocked(self, member: Member, command: Block | Unblock) -> list[Step]:
        """The session has done it. Answered from here, it is answered behind all that was said before."""
        return [Delivery((member,), Ok(re=command.id))]

    def _who(self, member: Member, command: Who) -> list[Step]:
        room = self._room(command.id, command.room or LOBBY)
        return [Delivery((member,), Users(re=command.id, room=room.name, users=self.roster.users(room)))]

    def _list(self, member: Member, command: List) -> list[Step]:
        lines = tuple(RoomLine(room.name, room.count) for room in self.rooms.all)
        return [Delivery((member,), RoomList(re=command.id, rooms=lines))]

    def _join(self, member: Member, command: Join) -> list[Step]:
        room = self.rooms[command.room]
        if (room is None or member not in room) and self.rooms.joined(member) >= self._config.rooms:
            sentence = f"You are in {self._config.rooms} rooms, which is the limit; part one first."
            raise Refusal("too-many-rooms", sentence, re=command.id)
        self.roster.note(self.rooms.join(member, command.room))
        return [Delivery((member,), Ok(re=command.id))]

    def _part(self, member: Member, command: Part) -> list[Step]:
        if command.room == LOBBY:
            sentence = "Everyone stays in the lobby while logged in; ex logs out."
            raise Refusal("stay-in-lobby", sentence, re=command.id)
        self._room_of(member, command.id, command.room)
        self.roster.note(self.rooms.part(member, command.room))
        return [Delivery((member,), Ok(re=command.id))]

    def _ordered(self, member: Member, request: Ordered) -> list[Step]:
        steps = [step for order in request.orders for step in self.carry_out(order)]
        return [*steps, Delivery((member,), Ok(re=request.re))]

    def _remove(self, order: Remove) -> list[Step]:
        members = self.rooms.connections(order.user) if order.user is not None else ()
        if (network := order.network) is not None:
            everyone = self.rooms.lobby.members
            members += tuple(one for one in everyone if covers(network, one.host) and not self.roster.role(one.name))
        for member in members:
            self._forget(member)
        return [Departure(member, order.last.code, order.last) for member in members]

    def _tell(self, order: Tell) -> list[Step]:
        audience = self.rooms.connections(order.user) if order.user is not None else self.rooms.lobby.members
        return [Delivery(audience, order.notice)]

    def _roles(self, order: Roles) -> list[Step]:
        return [
            Delivery(self.rooms.connections(user), self._role_notice(order.of.get(user)))
            for user in self.roster.set_roles(order.of)
        ]

    def _role_notice(self, role: str | None) -> Notice:
        sentence = f"Your role is {role} now." if role else "You have no role any more."
        return Notice(code="role", time=self._clock.utc(), text=sentence)

    def _forget(self, member: Member) -> None:
        self.roster.note(self.rooms.leave(member))
        if not self.rooms.connections(member.name):
            self.roster.forget(member.name)
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
    Ordered: Hub._ordered,
    PasswordChanged: Hub._password_changed,
    Dismiss: Hub._dismiss,
    Ex: Hub._ex,
    Pm: Hub._pm,
    Dm: Hub._dm,
    Away: Hub._away,
    Back: Hub._away,
    Block: Hub._blocked,
    Unblock: Hub._blocked,
    Who: Hub._who,
    List: Hub._list,
    Join: Hub._join,
    Part: Hub._part,
}

_ORDERS: dict[type, Callable[[Hub, Any], list[Step]]] = {
    Remove: Hub._remove,
    Tell: Hub._tell,
    Roles: Hub._roles,
}
