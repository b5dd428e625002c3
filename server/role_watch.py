"""Notices that the operator has given or taken a role beside the running server, and tells the hub."""

from __future__ import annotations

import sqlite3

from server.accounts import Accounts
from server.accounts_file import AccountsFile
from server.journal import Journal
from server.log import EventLog
from server.orders import Roles


class RoleWatch:
    """Not thread-safe."""

    def __init__(self, file: AccountsFile, accounts: Accounts, journal: Journal, log: EventLog) -> None:
        self._file = file
        self._accounts = accounts
        self._journal = journal
        self._log = log
        # What the file was when the roles were last read.
        self._version: int | None = None
        self._failed = False

    def look(self) -> None:
        """Costs next to nothing while nobody else has changed the file."""
        try:
            # First the version: what changes in between is seen the next time.
            version = self._file.version()
            if version == self._version:
                return
            roles = self._accounts.roles()
        except sqlite3.Error as error:
            if not self._failed:
                self._log.write("not-read", file="accounts", reason=str(error))
            self._failed = True
            return
        self._version, self._failed = version, False
        self._journal.order(Roles(roles))
