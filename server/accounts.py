"""Who is registered, with which password."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from dataclasses import dataclass

from server.accounts_file import AccountsFile
from server.clock import Clock
from server.config import Hashing
from server.errors import BadInvitation, Busy
from server.hashing import Hasher, Wanted, always
from server.invitations import Invitations


@dataclass(frozen=True, slots=True)
class Account:
    """What holds for an account now. Times are as in the documents."""

    name: str
    registered: str
    #: What it may do more than others; None for nothing.
    role: str | None
    #: Since when the operator keeps it from logging in; None while it may.
    disabled: str | None
    #: Another one whenever the password is another one. Made of the hash, so not for showing.
    stamp: str


class Accounts:
    """Safe to use from any thread, and beside other processes. Raises sqlite3.Error where the disk fails."""

    def __init__(self, file: AccountsFile, hashing: Hashing, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._hasher = Hasher(hashing)
        self._invitations = Invitations(file, clock)
        # Guards all below; held for a few instructions.
        self._lock = threading.Lock()
        self._rehashing: set[str] = set()
        # For hashes that were made anew here of a password that stayed: the hash it had first.
        self._first: dict[str, str] = {}
        self._changed_here = False
        self._seen = file.version()
        # Names that are registered for certain; replaced as a whole, and added to, which is atomic: nobody reads under
        # the lock.
        self._names = self._registered()

    def __contains__(self, name: str) -> bool:
        return self._hash_of(name) is not None

    def knows(self, name: str) -> bool:
        """Whether there is such an account; waits for nothing and nobody where there is.

        Only a name that is not known is looked for in the file: somebody may have registered it a moment ago.
        """
        return name in self._names or name in self

    def __getitem__(self, name: str) -> Account | None:
        found = self._file.rows(f"{_ACCOUNTS} WHERE name = ?", (name,))
        return self._account(*found[0]) if found else None

    def all(self) -> list[Account]:
        """In alphabetical order."""
        return [self._account(*row) for row in self._file.rows(f"{_ACCOUNTS} ORDER BY name")]

    def check_free(self) -> None:
        """Raises Busy where no more passwords can wait to be hashed now. Waits for nobody."""
        self._hasher.check_free()

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the account's password; False too, and as late, where there is no such account.

        Raises Busy.
        """
        return self.authenticate(name, password) is not None

    def authenticate(self, name: str, password: str, wanted: Wanted = always) -> str | None:
        """The stamp of the account where this is its password; a hash that is too cheap for today is made anew.

        Raises Busy, also where it is not `wanted` any more when its turn has come (server/hashing.py).
        """
        known = self._hash_of(name)
        if known is None:
            self._hasher.verify_nobody(password, wanted)
            return None
        if not self._hasher.verify(known, password, wanted):
            return None
        if self._hasher.is_outdated(known):
            self._rehash(name, known, password)
        return self._stamp(known)

    def is_invited(self, code: str) -> bool:
        """Whether somebody can register with this code."""
        return self._invitations.is_valid(code)

    def register(
        self,
        name: str,
        password: str,
        *,
        invitation: str | None = None,
        role: str | None = None,
        wanted: Wanted = always,
    ) -> str | None:
        """Makes an account, on disk when this returns, and uses the invitation up; None where somebody was quicker.

        What it returns is the stamp of the account. Raises Busy, and BadInvitation where it is not valid any more.
        """
        made = self._hasher.hash(password, wanted)
        row = (name, made, self._clock.utc(), role)
        try:
            with self._file.transaction() as database:
                database.execute("INSERT INTO account (name, hash, registered, role) VALUES (?, ?, ?, ?)", row)
                if invitation is not None and not self._invitations.redeem(database, invitation, name):
                    raise BadInvitation("The invitation is not valid, or was used before.")
        except sqlite3.IntegrityError:
            return None
        self._names.add(name)
        return made

    def change_password(self, name: str, old: str, new: str, wanted: Wanted = always) -> str | None:
        """Gives the account another password, on disk when this returns; its new stamp, None where `old` is wrong.

        Raises Busy.
        """
        known = self._hash_of(name)
        if known is None or not self._hasher.verify(known, old, wanted):
            return None
        made = self._hasher.hash(new, wanted)
        current: str | None = known
        # It may have been hashed anew meanwhile, which changes nothing, or changed, which makes `old` the wrong one.
        while current is not None and self._stamp(current) == self._stamp(known):
            if self._replace(name, current, made):
                with self._lock:
                    self._changed_here = True
                return made
            current = self._hash_of(name)
        return None

    def set_password(self, name: str, password: str) -> bool:
        """The same for the operator; False where there is no such account. Raises Busy."""
        return self._set(name, "hash", self._hasher.hash(password))

    def set_role(self, name: str, role: str | None) -> bool:
        """False where there is no such account."""
        return self._set(name, "role", role)

    def disable(self, name: str) -> bool:
        """Keeps the account from logging in; False where there is none."""
        return self._set(name, "disabled", self._clock.utc())

    def enable(self, name: str) -> bool:
        """False where there is no such account."""
        return self._set(name, "disabled", None)

    def changed(self) -> bool:
        """Whether any account may have changed, here or by another process, since this was last asked."""
        version = self._file.version()
        with self._lock:
            elsewhere = version != self._seen
            changed = self._changed_here or elsewhere
            self._changed_here, self._seen = False, version
        if elsewhere:
            self._names = self._registered()
        return changed

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

    def _rehash(self, name: str, known: str, password: str) -> None:
        """Where it fails the account keeps the hash it has, until the next login."""
        with self._lock:
            if name in self._rehashing:
                return
            self._rehashing.add(name)
        try:
            with contextlib.suppress(Busy, sqlite3.Error):
                if self._hash_of(name) != known:
                    return
                made = self._hasher.hash(password)
                with self._lock:
                    # Before anybody can read it.
                    self._first[made] = self._first.get(known, known)
                self._replace(name, known, made)
        finally:
            with self._lock:
                self._rehashing.discard(name)

    def _replace(self, name: str, known: str, made: str) -> bool:
        """False where the account has another hash by now."""
        return bool(self._file.change("UPDATE account SET hash = ? WHERE name = ? AND hash = ?", (made, name, known)))

    def _set(self, name: str, column: str, value: str | None) -> bool:
        return bool(self._file.change(f"UPDATE account SET {column} = ? WHERE name = ?", (value, name)))  # noqa: S608

    def _account(self, name: str, registered: str, role: str | None, disabled: str | None, known: str) -> Account:
        return Account(name, registered, role, disabled, self._stamp(known))

    def _stamp(self, known: str) -> str:
        with self._lock:
            return self._first.get(known, known)

    def _registered(self) -> set[str]:
        return {name for (name,) in self._file.rows("SELECT name FROM account")}

    def _hash_of(self, name: str) -> str | None:
        found = self._file.rows("SELECT hash FROM account WHERE name = ?", (name,))
        return str(found[0][0]) if found else None


_ACCOUNTS = "SELECT name, registered, role, disabled, hash FROM account"
