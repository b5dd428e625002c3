"""Who is in which room. No threads and no I/O: it belongs to the journal, which alone changes it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from schema.errors import Refusal
from schema.messages import Bye, Ping
from server.config import LOBBY
from server.line import Addressee


class Member(Addressee, Protocol):
    """A connection that is logged in, as the rooms see it. One user may be several members."""

    @property
    def name(self) -> str:
        """The user's name."""

    @property
    def host(self) -> str:
        """The address that it comes from."""

    def ask_read(self, seq: int) -> Ping:
        """A ping for it, to be sent behind a message, whose pong says that it has read everything up to there."""

    def refuse(self, refusal: Refusal) -> None:
        """Logs the refusal of a command and queues the answer."""

    def end(self, last: Bye) -> None:
        """Says goodbye and ends the connection."""

    def finish(self, reason: str, last: Bye | None = None) -> None:
        """Ends the connection once everything queued is sent, and these last words; `reason` is for the log."""


@dataclass(eq=False, slots=True)
class Room:
    name: str
    #: In the order of their coming; whether each gets what is said as it is said.
    _members: dict[Member, bool] = field(default_factory=dict)
    #: How many connections each user has here.
    _users: Counter[str] = field(default_factory=Counter)
    #: The members who get what is said, replaced as a whole when they change: one object means one audience.
    audience: tuple[Member, ...] = ()
    #: All members, likewise.
    members: tuple[Member, ...] = ()

    def __contains__(self, member: Member) -> bool:
        return member in self._members

    def add(self, member: Member, *, live: bool) -> bool:
        """Whether the list of users has changed with it."""
        if member in self._members:
            return False
        self._members[member] = live
        self._regroup()
        self._users[member.name] += 1
        return self._users[member.name] == 1

    def remove(self, member: Member) -> bool:
        """Whether the list of users has changed with it."""
        if member not in self._members:
            return False
        del self._members[member]
        self._regroup()
        self._users[member.name] -= 1
        if self._users[member.name]:
            return False
        del self._users[member.name]
        return True

    def release(self, member: Member) -> None:
        """From now on the member gets what is said."""
        self._members[member] = True
        self._regroup()

    def _regroup(self) -> None:
        self.members = tuple(self._members)
        self.audience = tuple(member for member, live in self._members.items() if live)

    @property
    def users(self) -> tuple[str, ...]:
        """Each once, in alphabetical order."""
        return tuple(sorted(self._users))

    @property
    def count(self) -> int:
        return len(self._users)


class Rooms:
    """All rooms. The lobby is always there; another is made by the first who joins and vanishes with the last."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {LOBBY: Room(LOBBY)}
        self._joined: dict[Member, dict[str, Room]] = {}
        # Those who do not get what is said yet: they are still being sent what they missed.
        self._held: set[Member] = set()
        self._connections: dict[str, tuple[Member, ...]] = {}

    def __getitem__(self, name: str) -> Room | None:
        return self._rooms.get(name)

    @property
    def all(self) -> list[Room]:
        """In alphabetical order."""
        return [self._rooms[name] for name in sorted(self._rooms)]

    @property
    def lobby(self) -> Room:
        return self._rooms[LOBBY]

    def connections(self, user: str) -> tuple[Member, ...]:
        return self._connections.get(user, ())

    def joined(self, member: Member) -> int:
        """In how many rooms a member is; 0 for one that is not logged in."""
        return len(self._joined.get(member, ()))

    def listeners(self, user: str) -> tuple[Member, ...]:
        """The connections of a user that get what is said."""
        connections = self.connections(user)
        return tuple(member for member in connections if member not in self._held) if self._held else connections

    def rooms_of(self, member: Member) -> tuple[str, ...]:
        return tuple(self._joined.get(member, ()))

    def of_user(self, user: str) -> list[Room]:
        """The rooms in which at least one connection of a user is."""
        names = {name for member in self.connections(user) for name in self._joined[member]}
        return [self._rooms[name] for name in sorted(names)]

    def enter(self, member: Member) -> list[Room]:
        """Logs a member in, into the lobby; it is held until `release`. The rooms whose list of users has changed."""
        self._joined[member] = {}
        self._held.add(member)
        self._connections[member.name] = (*self.connections(member.name), member)
        return self.join(member, LOBBY)

    def release(self, member: Member) -> None:
        """From now on the member gets what is said."""
        self._held.discard(member)
        for room in self._joined.get(member, {}).values():
            room.release(member)

    def leave(self, member: Member) -> list[Room]:
        """Logs a member out, of all rooms. The rooms whose list of users has changed and that are still there."""
        if member not in self._joined:
            return []
        left = [room for name in list(self._joined[member]) for room in self.part(member, name)]
        del self._joined[member]
        self._held.discard(member)
        others = tuple(other for other in self.connections(member.name) if other is not member)
        if others:
            self._connections[member.name] = others
        else:
            del self._connections[member.name]
        return left

    def join(self, member: Member, name: str) -> list[Room]:
        """The rooms whose list of users has changed: this one or none."""
        room = self._rooms.setdefault(name, Room(name))
        self._joined[member][name] = room
        return [room] if room.add(member, live=member not in self._held) else []

    def part(self, member: Member, name: str) -> list[Room]:
        """The rooms whose list of users has changed and that are still there."""
        room = self._joined[member].pop(name, None)
        if room is None or not room.remove(member):
            return []
        if not room.members and name != LOBBY:
            del self._rooms[name]
            return []
        return [room]
