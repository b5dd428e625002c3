from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server.accounts_file import AccountsFile
from server.errors import StartupError

INSERT = "INSERT INTO block (user, blocked) VALUES (?, ?)"
BLOCKS = "SELECT user, blocked FROM block ORDER BY user"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.db"


@pytest.fixture
def file(path: Path) -> Iterator[AccountsFile]:
    with closing(AccountsFile(path)) as file:
        yield file


def test_a_change_is_seen_by_others_and_says_how_many_rows_it_was(file: AccountsFile, path: Path) -> None:
    assert file.change(INSERT, ("anna", "mallory")) == 1
    assert file.change("DELETE FROM block WHERE user = ?", ("ben",)) == 0
    with closing(AccountsFile(path)) as other:
        assert other.rows(BLOCKS) == [("anna", "mallory")]


def test_of_a_transaction_that_fails_nothing_is_kept(file: AccountsFile) -> None:
    with pytest.raises(sqlite3.IntegrityError), file.transaction() as database:
        database.execute(INSERT, ("anna", "mallory"))
        database.execute(INSERT, ("anna", "mallory"))
    assert file.rows(BLOCKS) == []
    with file.transaction() as database:
        database.execute(INSERT, ("anna", "mallory"))
    assert file.rows(BLOCKS) == [("anna", "mallory")]


def test_only_its_owner_can_read_it(file: AccountsFile, path: Path) -> None:
    file.change(INSERT, ("anna", "mallory"))
    assert {one.stat().st_mode & 0o777 for one in path.parent.glob("accounts.db*")} == {0o600}


def test_one_that_others_can_read_is_refused(file: AccountsFile, path: Path) -> None:
    path.chmod(0o644)
    with pytest.raises(StartupError, match="chmod 600"):
        AccountsFile(path)


def test_a_file_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    path.touch(0o600)
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "CREATE TABLE account (name TEXT PRIMARY KEY, hash TEXT NOT NULL, registered TEXT NOT NULL) WITHOUT ROWID;"
            "INSERT INTO account VALUES ('anna', 'x', '2026-03-01T09:00:00.000Z');"
            "PRAGMA user_version = 1;"
        )
    with closing(AccountsFile(path)) as file:
        assert file.rows("SELECT name, role, disabled FROM account") == [("anna", None, None)]


def test_the_version_is_another_one_when_somebody_else_has_changed_the_file(file: AccountsFile, path: Path) -> None:
    before = file.version()
    file.change(INSERT, ("anna", "mallory"))
    assert file.version() == before
    with closing(AccountsFile(path)) as other:
        assert other.rows(BLOCKS)
        assert file.version() == before
        other.change(INSERT, ("ben", "mallory"))
    assert file.version() != before
