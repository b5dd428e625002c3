"""Who takes no direct messages from whom."""

from __future__ import annotations

import threading

from server.accounts_file import AccountsFile

#: Users that one may block: more than a person can tell apart, and little enough to be kept in memory for everybody.
MAX_BLOCKS = 1_000


class Blocks:
    """Kept on disk, and in memory for those who must not wait for it. Safe to use from any thread.

    The methods that change something raise sqlite3.Error where the disk fails, and then nothing has changed.
    """

    def __init__(self, file: AccountsFile) -> None:
        self._file = file
        # Held while a change is made on disk and in memory, so that both see all changes in one order. Nobody reads
        # under it: a user's set is replaced as a whole.
        self._changing = threading.Lock()
        self._blocked: dict[str, frozenset[str]] = {}
        for user, blocked in file.rows("SELECT user, blocked FROM block"):
            self._blocked[user] = self._of(user) | {blocked}

    def holds(self, user: str, sender: str) -> bool:
        """Whether `user` takes no direct messages from `sender`. Waits for nothing."""
        return sender in self._of(user)

    def of(self, user: str) -> tuple[str, ...]:
        """Whom a user has blocked, in alphabetical order."""
        return tuple(sorted(self._of(user)))

    def add(self, user: str, blocked: str) -> bool:
        """In force and on disk when this returns; False where the user has blocked as many as one may."""
        with self._changing:
            before = self._of(user)
            if blocked in before:
                return True
            if len(before) >= MAX_BLOCKS:
                return False
            self._file.change("INSERT OR IGNORE INTO block (user, blocked) VALUES (?, ?)", (user, blocked))
            self._blocked[user] = before | {blocked}
            return True

    def remove(self, user: str, blocked: str) -> None:
        """Lifted on disk when this returns; nothing where there is no such block."""
        with self._changing:
            before = self._of(user)
            if blocked in before:
                self._file.change("DELETE FROM block WHERE user = ? AND blocked = ?", (user, blocked))
                self._blocked[user] = before - {blocked}

    def _of(self, user: str) -> frozenset[str]:
        return self._blocked.get(user, frozenset())
