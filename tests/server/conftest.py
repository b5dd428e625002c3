"""What the tests of the server's parts start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from server.accounts_file import AccountsFile
from server.archive import Archive
from server.blocks import Blocks
from server.log import EventLog
from server.moderation import Moderation
from server.sanctions import Sanctions
from server.session import Session
from server.store import Store
from tests.cheap_server import CHEAP
from tests.conftest import MakeConfig
from tests.server.desks import Desk
from tests.server.fake_clock import FakeClock
from tests.server.sessions import Book, OpenSession


@pytest.fixture
def accounts_file(tmp_path: Path) -> Iterator[AccountsFile]:
    with closing(AccountsFile(tmp_path / "accounts.db")) as file:
        yield file


@pytest.fixture
def accounts(accounts_file: AccountsFile, clock: FakeClock) -> Iterator[Book]:
    book = Book(accounts_file, CHEAP, clock)
    yield book
    book.stop()


@pytest.fixture
def sanctions(accounts_file: AccountsFile, clock: FakeClock) -> Sanctions:
    return Sanctions(accounts_file, clock)


@pytest.fixture
def moderation(accounts: Book, sanctions: Sanctions, clock: FakeClock) -> Moderation:
    return Moderation(accounts, sanctions, clock, EventLog("text", clock))


@pytest.fixture
def blocks(accounts_file: AccountsFile) -> Blocks:
    return Blocks(accounts_file)


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
def open_session(
    config: MakeConfig, accounts: Book, blocks: Blocks, archive: Archive, clock: FakeClock, moderation: Moderation
) -> OpenSession:
    """Makes sessions, with the changes given to their Config, that have not greeted yet."""

    def open(address_rate: Callable[[], float] = lambda: 0.0, **changes: Any) -> Session:
        return Session(config(**changes), accounts, blocks, archive, clock, moderation, "127.0.0.1", address_rate)

    return open


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    session = open_session(refusals=3)
    session.greet()
    return session


@pytest.fixture
def desk(config: MakeConfig, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(config(), tmp_path / "messages.db")
    yield desk
    desk.close()
