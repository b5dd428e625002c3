"""Who is registered, with which password. One file, `accounts.db`, that its owner alone can read."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from server.clock import Clock
from server.config import Hashing
from server.database import open_database
from server.hashing import Hasher

_MIGRATIONS = (
    """
    CREATE TABLE account (
        name TEXT PRIMARY KEY,
        hash TEXT NOT NULL,
        registered TEXT NOT NULL
    ) WITHOUT ROWID
    """,
)


class Accounts:
    """Safe to use from any thread. Raises sqlite3.Error where the disk fails."""

    def __init__(self, path: Path, hashing: Hashing, clock: Clock) -> None:
        """Raises StartupError where the file cannot be used."""
        self._database = open_database(path, _MIGRATIONS)
        # Guards _database: one statement at a time.
        self._lock = threading.Lock()
        self._clock = clock
        self._hasher = Hasher(hashing)

    def __contains__(self, name: str) -> bool:
        return self._hash_of(name) is not None

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the account's password; False too, and as late, where there is no such account.

        Raises Busy.
        """
        known = self._hash_of(name)
        if known is None:
            return self._hasher.verify_nobody(password)
        return self._hasher.verify(known, password)

    def register(self, name: str, password: str) -> bool:
        """Makes an account, on disk when this returns; False where somebody was quicker. Raises Busy."""
        made = self._hasher.hash(password)
        row = (name, made, self._clock.utc())
        try:
            with self._lock:
                self._database.execute("INSERT INTO account (name, hash, registered) VALUES (?, ?, ?)", row)
        except sqlite3.IntegrityError:
            return False
        return True

    def stop_hashing(self) -> None:
        """Sends away who waits to be verified or registered: from now on both raise Busy."""
        self._hasher.stop()

    def close(self) -> None:
        self.stop_hashing()
        with self._lock:
            self._database.close()

    def _hash_of(self, name: str) -> str | None:
        with self._lock:
            row = self._database.execute("SELECT hash FROM account WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None
