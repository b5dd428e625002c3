"""Who is registered, with which password."""

from __future__ import annotations

import sqlite3

from server.accounts_file import AccountsFile
from server.clock import Clock
from server.config import Hashing
from server.hashing import Hasher


class Accounts:
    """Safe to use from any thread. Raises sqlite3.Error where the disk fails."""

    def __init__(self, file: AccountsFile, hashing: Hashing, clock: Clock) -> None:
        self._file = file
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
            self._file.change("INSERT INTO account (name, hash, registered) VALUES (?, ?, ?)", row)
        except sqlite3.IntegrityError:
            return False
        return True

    def role(self, name: str) -> str | None:
        """The user's role; None where there is none, or no such user."""
        found = self._file.rows("SELECT role FROM account WHERE name = ?", (name,))
        return found[0][0] if found else None

    def roles(self) -> dict[str, str]:
        """All users who have a role, with it."""
        return dict(self._file.rows("SELECT name, role FROM account WHERE role IS NOT NULL"))

    def stop(self) -> None:
        """Sends away who waits to be verified or registered: from now on both raise Busy. May be called twice."""
        self._hasher.stop()

    def _hash_of(self, name: str) -> str | None:
        found = self._file.rows("SELECT hash FROM account WHERE name = ?", (name,))
        return str(found[0][0]) if found else None
