"""The lists of users: who stands in them as what, which have changed, and when each is sent again.

No threads and no I/O: it belongs to the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from schema.messages import User, Users
from server.clock import Clock
from server.rooms import Room, Rooms

#: Seconds of pause before a list of users is sent again, for each user squared: a list of n users goes to n users, so
#: this keeps lists below some 25 MB a second. With 30 users nobody notices, with 1,000 it is a second.
_LIST_PACE = 1e-6


class Roster:
    def __init__(self, rooms: Rooms, clock: Clock) -> None:
        self._rooms = rooms
        self._clock = clock
        # The users who have a role, logged in or not.
        self._roles: Mapping[str, str] = {}
        # Users who say that they do not read at the moment.
        self._away: set[str] = set()
        # How users stand in the lists, for those that were asked for: a login needs a list of all.
        self._entries: dict[str, User] = {}
        # Rooms whose list of users has changed since it was last sent.
        self._changed: dict[str, None] = {}
        # Until when a room's list is not sent again; a room that is not here may have it at once.
        self._paced: dict[str, float] = {}

    def users(self, room: Room) -> tuple[User, ...]:
        """Everyone in a room, as they stand in its list."""
        entries = self._entries
        return tuple([entries.get(name) or self._enter(name) for name in room.users])

    def note(self, changed: Iterable[Room]) -> None:
        """These rooms have another list of users now."""
        for room in changed:
            self._changed[room.name] = None

    def note_user(self, user: str) -> None:
        """Somebody stands in the lists as something else now."""
        self._entries.pop(user, None)
        self.note(self._rooms.of_user(user))

    def role(self, user: str) -> str | None:
        return self._roles.get(user)

    def set_roles(self, roles: Mapping[str, str]) -> list[str]:
        """Replaces all roles; the users who are logged in and have another one now, or none any more."""
        before, self._roles = self._roles, roles
        changed = sorted(user for user in {*before, *roles} if before.get(user) != roles.get(user))
        for user in changed:
            self.note_user(user)
        return [user for user in changed if self._rooms.connections(user)]

    def set_away(self, user: str, *, away: bool) -> None:
        if away == (user in self._away):
            return
        if away:
            self._away.add(user)
        else:
            self._away.remove(user)
        self.note_user(user)

    def forget(self, user: str) -> None:
        """The user's last connection has ended."""
        self._entries.pop(user, None)
        self._away.discard(user)

    def news(self) -> list[tuple[Room, Users]]:
        """The lists that have changed, with their rooms; late where a large room changes often."""
        now = self._clock.monotonic()
        found: list[tuple[Room, Users]] = []
        for name in list(self._changed):
            if self._paced.get(name, now) > now:
                continue
            del self._changed[name]
            self._paced.pop(name, None)
            room = self._rooms[name]
            if room is None:
                continue
            found.append((room, Users(room=name, users=self.users(room))))
            if (pause := _LIST_PACE * room.count**2) > 0.01:
                self._paced[name] = now + pause
        return found

    def pause(self) -> float | None:
        """Seconds until a list that has changed may be sent; None where there is none."""
        if not self._changed:
            return None
        return max(0.0, min(self._paced.get(name, 0.0) for name in self._changed) - self._clock.monotonic())

    def _enter(self, name: str) -> User:
        entry = self._entries[name] = User(name, self._roles.get(name), name in self._away or None)
        return entry
