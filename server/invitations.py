"""Invitations: codes that let somebody register, each once. The file holds their hashes alone."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass

from server.accounts_file import AccountsFile
from server.clock import Clock

#: Digits and capital letters that cannot be mistaken for each other: without 0, 1, I and O. They make 5 bits each.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

#: 60 bits in all: whoever tries a thousand codes a second finds one of a thousand that are valid in 18,000 years.
_GROUPS, _GROUP = 3, 4

#: How much of a hash tells invitations apart in a list.
_SHOWN = 8

#: Is true of an invitation that can still be used at the time that is given to it.
_VALID = "used IS NULL AND (expires IS NULL OR expires > ?)"


@dataclass(frozen=True, slots=True)
class Invitation:
    """One that was made, without its code. Times are as in the documents."""

    #: The beginning of its hash.
    id: str
    made: str
    expires: str | None
    used: str | None
    user: str | None


class Invitations:
    """Safe to use from any thread. Raises sqlite3.Error where the disk fails."""

    def __init__(self, file: AccountsFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def make(self, days: float) -> str:
        """A new code. It is good for so many days, 0 for ever."""
        code = "-".join("".join(map(secrets.choice, [_ALPHABET] * _GROUP)) for _ in range(_GROUPS))
        expires = self._clock.utc(ago=-days * 86_400) if days else None
        row = (_hash(code), self._clock.utc(), expires)
        self._file.change("INSERT INTO invitation (hash, made, expires) VALUES (?, ?, ?)", row)
        return code

    def is_valid(self, code: str) -> bool:
        row = (_hash(code), self._clock.utc())
        return bool(self._file.rows(f"SELECT 1 FROM invitation WHERE hash = ? AND {_VALID}", row))  # noqa: S608

    def redeem(self, database: sqlite3.Connection, code: str, user: str) -> bool:
        """Uses it up in a transaction of the file; False where it is not valid any more."""
        now = self._clock.utc()
        row = (now, user, _hash(code), now)
        changed = database.execute(f"UPDATE invitation SET used = ?, user = ? WHERE hash = ? AND {_VALID}", row)  # noqa: S608
        return changed.rowcount == 1

    def all(self) -> list[Invitation]:
        """In the order of their making."""
        rows = self._file.rows("SELECT hash, made, expires, used, user FROM invitation ORDER BY made, hash")
        return [Invitation(hash[:_SHOWN], *rest) for hash, *rest in rows]

    def revoke(self, which: str) -> bool:
        """Deletes one that was not used, by its code or its id; False where there is none."""
        begin = which.lower() if len(which) == _SHOWN else _hash(which)
        row = (begin, f"{begin}~")
        return self._file.change("DELETE FROM invitation WHERE hash >= ? AND hash < ? AND used IS NULL", row) > 0


def _hash(code: str) -> str:
    """However it was typed. A code is random enough that a quick hash tells nothing about it."""
    return hashlib.sha256(code.replace("-", "").upper().encode()).hexdigest()
