"""Ends the connections of accounts that were disabled, or got another password, by whichever process."""

from __future__ import annotations

import contextlib
import sqlite3

from schema.errors import Refusal
from schema.messages import Bye
from server.accounts import Accounts
from server.journal import Journal
from server.listener import Listener
from server.requests import PASSWORD_CHANGED, Dismiss

_DISABLED = Bye(code="account-disabled", reconnect=False, text="The operator has disabled your account.")


class AccountWatch:
    """Not thread-safe: it belongs to the ticker."""

    def __init__(self, accounts: Accounts, listener: Listener, journal: Journal) -> None:
        self._accounts = accounts
        self._listener = listener
        self._journal = journal
        self._again = False

    def look(self) -> None:
        """Costs next to nothing while no account changes. May wait while the journal's intake is full."""
        # A disk that fails now is looked at again with the next tick; nobody is sent away because of it.
        with contextlib.suppress(sqlite3.Error):
            changed = self._accounts.changed()
            if changed or self._again:
                # Once more with the next tick: a login that was just being checked is not among the connections yet.
                self._again = True
                self._dismiss()
                self._again = changed

    def _dismiss(self) -> None:
        for connection in self._listener.connections():
            # In this order: who has a stamp has a name.
            stamp = connection.stamp
            if stamp is None:
                continue
            bye = self._reason(connection.name, stamp)
            if bye is not None:
                with contextlib.suppress(Refusal):
                    self._journal.submit(connection, Dismiss(bye))

    def _reason(self, name: str, stamp: str) -> Bye | None:
        account = self._accounts[name]
        if account is None or account.disabled:
            return _DISABLED
        return PASSWORD_CHANGED if account.stamp != stamp else None
