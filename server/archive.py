"""Reads what the store has written: what somebody missed, and history."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schema.messages import Broadcast, Direct
from server.errors import StoreError

Stored = Broadcast | Direct

_COLUMNS = "seq, time, sender, room, recipient, text, kind"


@dataclass(frozen=True, slots=True)
class Missed:
    """What a device has yet to get: direct messages to the user after one number, all else after another."""

    user: str
    rooms: tuple[str, ...]
    directs_after: int
    others_after: int
    #: Whether the device is told when it has caught up: it asked to resume, or was sent something.
    told: bool = False

    def after(self, seq: int) -> Missed:
        """The same once everything up to `seq` has been sent."""
        return Missed(self.user, self.rooms, max(self.directs_after, seq), max(self.others_after, seq))


@dataclass(frozen=True, slots=True)
class Range:
    """Part of a history: in a room, or between two users; the latest, before a number, or after one."""

    room: str | None
    users: tuple[str, str] | None
    before: int | None
    after: int | None
    limit: int


class Archive:
    """A connection of its own, for reading only. Safe to use from any thread, one at a time."""

    def __init__(self, path: Path) -> None:
        """The store has made the file."""
        self._database = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        # SQLite opens the log beside the file with the first query. That must not be when descriptors have run out.
        self._database.execute("SELECT MAX(seq) FROM message").fetchall()
        # Guards _database: one query at a time.
        self._lock = threading.Lock()

    def missed(self, what: Missed, limit: int) -> list[Stored]:
        """The first `limit` messages missed, in ascending order. Raises StoreError."""
        # Each part is in the order of its own index, so that none is read further than `limit`.
        parts = [
            ("recipient = ?", what.user, what.directs_after),
            ("recipient IS NOT NULL AND sender = ?", what.user, what.others_after),
            *(("room = ?", room, what.others_after) for room in what.rooms),
        ]
        query = " UNION ALL ".join(
            f"SELECT * FROM (SELECT {_COLUMNS} FROM message WHERE {whose} AND seq > ? ORDER BY seq LIMIT ?)"  # noqa: S608
            for whose, _, _ in parts
        )
        values = [value for _, name, after in parts for value in (name, after, limit)]
        return self._messages(f"{query} ORDER BY seq LIMIT ?", (*values, limit))

    def history(self, what: Range) -> list[Stored]:
        """The messages of a range, in ascending order. Raises StoreError."""
        if what.users is None:
            whose, names = "room = ?", [what.room]
        else:
            whose, names = "recipient IN (?, ?) AND sender IN (?, ?) AND recipient <> sender", [*what.users] * 2
        newest_first = what.after is None
        bounds = "seq < ?" if newest_first else "seq > ?"
        bound = what.after if what.after is not None else what.before if what.before is not None else 2**62
        found = self._messages(
            f"SELECT {_COLUMNS} FROM message WHERE {whose} AND {bounds}"  # noqa: S608 - our own words
            f" ORDER BY seq {'DESC' if newest_first else 'ASC'} LIMIT ?",
            (*names, bound, what.limit),
        )
        return found[::-1] if newest_first else found

    def place(self, user: str, client: str) -> int:
        """Up to where a device has read direct messages; a new device starts where the furthest of the user's is.

        Raises StoreError.
        """
        rows = self._rows(
            "SELECT COALESCE((SELECT seq FROM place WHERE user = ? AND client = ?),"
            " (SELECT MAX(seq) FROM place WHERE user = ?), 0)",
            (user, client, user),
        )
        return int(rows[0][0])

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _messages(self, query: str, values: Sequence[object]) -> list[Stored]:
        return [
            Broadcast(seq=seq, room=room, sender=sender, time=time, text=text, kind=kind)
            if room is not None
            else Direct(seq=seq, sender=sender, to=recipient, time=time, text=text, kind=kind)
            for seq, time, sender, room, recipient, text, kind in self._rows(query, values)
        ]

    def _rows(self, query: str, values: Sequence[object]) -> list[Any]:
        try:
            with self._lock:
                return self._database.execute(query, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"The message log cannot be read: {error}.") from error
