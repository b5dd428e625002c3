"""What the tests of the session start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.session import Session
from tests.conftest import CHEAP, MakeConfig
from tests.server.fake_clock import FakeClock
from tests.server.sessions import Book


@pytest.fixture
def accounts(tmp_path: Path, clock: FakeClock) -> Iterator[Book]:
    book = Book(tmp_path / "accounts.db", CHEAP, clock)
    yield book
    book.close()


@pytest.fixture
def session(config: MakeConfig, accounts: Book, clock: FakeClock) -> Session:
    session = Session(config(refusals=3), accounts, clock)
    session.greet()
    return session
