"""The file `accounts.db`: accounts, invitations, sanctions and blocks.

Another process may change it while the server runs: `python -m server user` does so.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from server.database import open_database

_MIGRATIONS = (
    """
    CREATE TABLE account (
        name TEXT PRIMARY KEY,
        hash TEXT NOT NULL,
        registered TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    ALTER TABLE account ADD COLUMN role TEXT;
    ALTER TABLE account ADD COLUMN disabled TEXT;
    CREATE TABLE invitation (
        hash TEXT PRIMARY KEY,
        made TEXT NOT NULL,
        expires TEXT,
        used TEXT,
        user TEXT
    ) WITHOUT ROWID;
    CREATE TABLE sanction (
        kind TEXT NOT NULL,
        user TEXT NOT NULL DEFAULT '',
        address TEXT NOT NULL DEFAULT '',
        by TEXT,
        time TEXT NOT NULL,
        until TEXT,
        reason TEXT,
        PRIMARY KEY (kind, user, address)
    ) WITHOUT ROWID;
    CREATE TABLE block (
        user TEXT NOT NULL,
        blocked TEXT NOT NULL,
        PRIMARY KEY (user, blocked)
    ) WITHOUT ROWID
    """,
)


class AccountsFile:
    """Safe to use from any thread. Raises sqlite3.Error where the disk fails."""

    def __init__(self, path: Path) -> None:
        """Makes the file, readable by its owner alone, where there is none. Raises StartupError."""
        self._database = open_database(path, _MIGRATIONS)
        # Guards _database: one statement or transaction at a time.
        self._lock = threading.Lock()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            return self._database.execute(query, values).fetchall()

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        """How many rows were changed; on disk when this returns."""
        with self._lock:
            return self._database.execute(statement, values).rowcount

    def version(self) -> int:
        """A number that is another one after somebody else has changed the file: another process, not this object."""
        return int(self.rows("PRAGMA data_version")[0][0])

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Several statements of which all or none are done; on disk at the end of it. Nothing in it may wait."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")

    def close(self) -> None:
        with self._lock:
            self._database.close()
