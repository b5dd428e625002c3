"""Users who are there before the server is started, with hashes that cost next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from server.accounts import Accounts
from server.accounts_file import AccountsFile
from server.clock import SystemClock
from server.config import Hashing
from tests.cheap_server import CHEAP


def register(data: Path, *names: str) -> None:
    """Makes the data folder, and accounts with the password that peers use."""
    data.mkdir(0o700, exist_ok=True)
    with accounts_in(data) as accounts:
        for name in names:
            accounts.register(name, "correct horse")


def appoint(data: Path, name: str, role: str | None) -> None:
    """Gives a user a role, or takes it, as another process does beside a running server."""
    with closing(AccountsFile(data / "accounts.db")) as file:
        assert file.change("UPDATE account SET role = ? WHERE name = ?", (role, name)) == 1


@contextmanager
def accounts_in(data: Path, hashing: Hashing = CHEAP) -> Iterator[Accounts]:
    """The accounts of a data folder, as another process sees them."""
    with closing(AccountsFile(data / "accounts.db")) as file:
        accounts = Accounts(file, hashing, SystemClock())
        try:
            yield accounts
        finally:
            accounts.stop()
