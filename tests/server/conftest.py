"""What the tests of the server's parts start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server.accounts_file import AccountsFile
from server.archive import Archive
from server.session import Session
from server.store import Store
from tests.conftest import CHEAP, MakeConfig
from tests.server.desks import Desk
from tests.server.fake_clock import FakeClock
from tests.server.sessions import Book


@pytest.fixture
def accounts(tmp_path: Path, clock: FakeClock) -> Iterator[Book]:
    with closing(AccountsFile(tmp_path / "accounts.db")) as file:
        book = Book(file, CHEAP, clock)
        yield book
        book.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "messages.db")) as store:
        yield store


@pytest.fixture
def archive(store: Store, tmp_path: Path) -> Iterator[Archive]:
    """Reads what `store` has written."""
    with closing(Archive(tmp_path / "messages.db")) as archive:
        yield archive


@pytest.fixture
def session(config: MakeConfig, accounts: Book, archive: Archive, clock: FakeClock) -> Session:
    session = Session(config(refusals=3), accounts, archive, clock)
    session.greet()
    return session


@pytest.fixture
def desk(config: MakeConfig, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(config(), tmp_path / "messages.db")
    yield desk
    desk.close()
