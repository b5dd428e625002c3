"""Who is in which room. No threads and no I/O: it belongs to the journal's thread, which alone changes it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from schema.errors import Refusal
from server.config import LOBBY


class Member(Protocol):
    """A connection that is logged in, as the rooms see it. One user may be several members."""

    @property
    def name(self) -> str:
        """The user's name."""

    def send(self, frames: bytes) -> None:
        """Queues whole frames for this connection. Never blocks."""

    def refuse(self, refusal: Refusal) -> None:
        """Logs the refusal of a command and queues the answer."""

    def finish(self, reason: str) -> None:
        """Ends the connection once everything queued is sent; `reason` is for the log."""


@dataclass(eq=False, slots=True)
class Room:
    name: str
    #: In the order of their coming; the values mean nothing.
    _members: dict[Member, None] = field(default_factory=dict)
    #: How many connections each user has here.
    _users: Counter[str] = field(default_factory=Counter)
    #: The members, replaced as a whole when they change: one object means one audience.
    members: tuple[Member, ...] = ()

    def __contains__(self, member: Member) -> bool:
        return member in self._members

    def add(self, member: Member) -> bool:
        """Whether the list of users has changed with it."""
        if member in self._members:
            return False
        self._members[member] = None
        self.members = tuple(self._members)
        self._users[member.name] += 1
        return self._users[member.name] == 1

    def remove(self, member: Member) -> bool:
        """Whether the list of users has changed with it."""
        if member not in self._members:
            return False
        del self._members[member]
        self.members = tuple(self._members)
        self._users[member.name] -= 1
        if self._users[member.name]:
            return False
        del self._users[member.name]
        return True

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

    def enter(self, member: Member) -> list[Room]:
        """Logs a member in, into the lobby. The rooms whose list of users has changed."""
        self._joined[member] = {}
        self._connections[member.name] = (*self.connections(member.name), member)
        return self.join(member, LOBBY)

    def leave(self, member: Member) -> list[Room]:
        """Logs a member out, of all rooms. The rooms whose list of users has changed and that are still there."""
        if member not in self._joined:
            return []
        left = [room for name in list(self._joined[member]) for room in self.part(member, name)]
        del self._joined[member]
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
        return [room] if room.add(member) else []

    def part(self, member: Member, name: str) -> list[Room]:
        """The rooms whose list of users has changed and that are still there."""
        room = self._joined[member].pop(name, None)
        if room is None or not room.remove(member):
            return []
        if not room.members and name != LOBBY:
            del self._rooms[name]
            return []
        return [room]
