"""The log of messages: `messages.db`, in the order of their sequence numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from server.database import open_database
from server.errors import StoreError

_MIGRATIONS = (
    """
    CREATE TABLE message (
        seq INTEGER PRIMARY KEY,
        time TEXT NOT NULL,
        sender TEXT NOT NULL,
        room TEXT,
        recipient TEXT,
        text TEXT NOT NULL,
        CHECK ((room IS NULL) <> (recipient IS NULL))
    )
    """,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A message without its number: to a room, or to one recipient."""

    time: str
    sender: str
    room: str | None
    recipient: str | None
    text: str


class Store:
    """Not thread-safe: it belongs to the journal's thread."""

    def __init__(self, path: Path) -> None:
        """Raises StartupError where the file cannot be used."""
        self._database = open_database(path, _MIGRATIONS)
        (last,) = self._database.execute("SELECT MAX(seq) FROM message").fetchone()
        #: The number of the newest message; 0 before the first.
        self.last_seq: int = last or 0

    def append(self, rows: Sequence[Row]) -> int:
        """Writes the messages in one transaction and returns the number of the first; the others follow it.

        They are on disk when this returns. Raises StoreError, and then none of them is.
        """
        first = self.last_seq + 1
        numbered = (
            (seq, row.time, row.sender, row.room, row.recipient, row.text) for seq, row in enumerate(rows, first)
        )
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?)", numbered)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise StoreError(f"The message log cannot be written: {error}.") from error
        self.last_seq += len(rows)
        return first

    def close(self) -> None:
        self._database.close()

    def _roll_back(self) -> None:
        try:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
        except sqlite3.Error:
            pass  # SQLite rolls back by itself when the next transaction begins.
