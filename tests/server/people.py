"""Users who are there before the server is started, with hashes that cost next to nothing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from server.accounts import Accounts
from server.clock import SystemClock
from tests.conftest import CHEAP


def register(data: Path, *names: str) -> None:
    """Makes the data folder, and accounts with the password that peers use."""
    data.mkdir(0o700, exist_ok=True)
    with closing(Accounts(data / "accounts.db", CHEAP, SystemClock())) as accounts:
        for name in names:
            accounts.register(name, "correct horse")
