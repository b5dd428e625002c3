"""Who is registered, with which password. One file, `accounts.db`, that its owner alone can read."""

from __future__ import annotations

import sqlite3
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from server.clock import Clock
from server.config import Hashing
from server.database import open_database
from server.errors import Busy

#: Seconds after which a login that was turned away as one too many should come back.
_RETRY = 5

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
        self._hasher = PasswordHasher(hashing.passes, hashing.memory_kib, hashing.lanes)
        # Lets as many hash at once as there are cores; nobody holds it while waiting for anything else.
        self._turns = threading.BoundedSemaphore(hashing.at_once)
        # Those who hash or wait for their turn.
        self._places = threading.BoundedSemaphore(hashing.at_once + hashing.waiting)

    def __contains__(self, name: str) -> bool:
        return self._hash_of(name) is not None

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the account's password; False too where there is no such account. Raises Busy."""
        known = self._hash_of(name)
        if known is None:
            return False
        with self._turn():
            try:
                return self._hasher.verify(known, _normal(password))
            except (VerifyMismatchError, InvalidHashError):
                return False

    def register(self, name: str, password: str) -> bool:
        """Makes an account, on disk when this returns; False where somebody was quicker. Raises Busy."""
        with self._turn():
            made = self._hasher.hash(_normal(password))
        row = (name, made, self._clock.utc())
        try:
            with self._lock:
                self._database.execute("INSERT INTO account (name, hash, registered) VALUES (?, ?, ?)", row)
        except sqlite3.IntegrityError:
            return False
        return True

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def _hash_of(self, name: str) -> str | None:
        with self._lock:
            row = self._database.execute("SELECT hash FROM account WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Busy(_RETRY)
        try:
            with self._turns:
                yield
        finally:
            self._places.release()


def _normal(password: str) -> str:
    """One spelling for what looks the same: keyboards differ in how they compose an accent (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)
