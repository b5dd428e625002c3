"""The log of messages, `messages.db`: written by the journal alone, in the order of the sequence numbers.

It also keeps, for each user's devices, up to where direct messages were read. server/archive.py reads the same file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from server.database import open_database
from server.errors import StoreError

MIGRATIONS = (
    """
    CREATE TABLE message (
        seq INTEGER PRIMARY KEY,
        time TEXT NOT NULL,
        sender TEXT NOT NULL,
        room TEXT,
        recipient TEXT,
        text TEXT NOT NULL,
        client TEXT,
        command TEXT,
        CHECK ((room IS NULL) <> (recipient IS NULL))
    );
    CREATE UNIQUE INDEX message_once ON message (sender, client, command) WHERE client IS NOT NULL;
    CREATE INDEX message_in_room ON message (room, seq) WHERE room IS NOT NULL;
    CREATE INDEX message_to ON message (recipient, seq) WHERE recipient IS NOT NULL;
    CREATE INDEX message_from ON message (sender, seq) WHERE recipient IS NOT NULL;
    CREATE TABLE place (
        user TEXT NOT NULL,
        client TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (user, client)
    ) WITHOUT ROWID
    """,
    "ALTER TABLE message ADD COLUMN kind TEXT",
)

#: Devices of one user whose places are kept; the furthest behind are forgotten first. A script that takes another name
#: for itself at each run must not fill the disk.
MAX_DEVICES = 500

#: A device of a user: the names of both. Logins that name no device share the one called "".
Device = tuple[str, str]


class Row(NamedTuple):
    """A message without its number: to a room, or to one recipient. `client` and `command` name it for a resend.

    `kind` is as its sender gave it.
    """

    time: str
    sender: str
    room: str | None
    recipient: str | None
    text: str
    client: str | None = None
    command: str | None = None
    kind: str | None = None


class Store:
    """Not thread-safe: it belongs to the journal."""

    def __init__(self, path: Path) -> None:
        """Raises StartupError where the file cannot be used."""
        self._database = open_database(path, MIGRATIONS)
        (last,) = self._database.execute("SELECT MAX(seq) FROM message").fetchone()
        #: The number of the newest message; 0 before the first.
        self.last_seq: int = last or 0

    def write(self, rows: Sequence[Row], places: Mapping[Device, int]) -> int:
        """Writes messages, and how far devices have read, in one transaction; the number of the first message.

        The others follow it. They are on disk when this returns. Raises StoreError, and then nothing is.
        """
        first = self.last_seq + 1
        numbered = ((seq, *row) for seq, row in enumerate(rows, first))
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", numbered)
            if places:
                self._move(places)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise StoreError(f"The message log cannot be written: {error}.") from error
        self.last_seq += len(rows)
        return first

    def _move(self, places: Mapping[Device, int]) -> None:
        moved = [(user, client, seq) for (user, client), seq in places.items()]
        self._database.executemany(
            "INSERT INTO place VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seq = MAX(seq, excluded.seq)", moved
        )
        self._database.executemany(
            "DELETE FROM place WHERE user = ? AND client NOT IN"
            " (SELECT client FROM place WHERE user = ? ORDER BY seq DESC LIMIT ?)",
            [(user, user, MAX_DEVICES) for user in {user for user, _ in places}],
        )

    def posted(self, sender: str, client: str, command: str) -> tuple[int, str] | None:
        """Number and time of what this client has posted with this command; None where it has not.

        Raises StoreError.
        """
        query = "SELECT seq, time FROM message WHERE sender = ? AND client = ? AND command = ?"
        try:
            found: tuple[int, str] | None = self._database.execute(query, (sender, client, command)).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"The message log cannot be read: {error}.") from error
        return found

    def forget(self, before: str, limit: int) -> int:
        """Deletes up to `limit` of the oldest messages, those from before a time; how many they were.

        A direct message that no device of its receiver has read stays, and so does the newest message, whose number
        tells the next. Raises StoreError.
        """
        try:
            return self._database.execute(
                """
                DELETE FROM message WHERE seq IN (
                    SELECT seq FROM message
                    WHERE time < ? AND seq < ? AND (
                        recipient IS NULL OR seq <= (SELECT MAX(place.seq) FROM place WHERE user = recipient)
                    )
                    ORDER BY seq LIMIT ?
                )
                """,
                (before, self.last_seq, limit),
            ).rowcount
        except sqlite3.Error as error:
            raise StoreError(f"Old messages cannot be deleted: {error}.") from error

    def size(self) -> int:
        """Octets that the messages take in the file; what deleted ones left free does not count."""
        (size,) = self._database.execute(
            "SELECT (page_count - freelist_count) * page_size"
            " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
        ).fetchone()
        return int(size)

    def close(self) -> None:
        self._database.close()

    def _roll_back(self) -> None:
        try:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # SQLite rolls back by itself when the next transaction begins.
