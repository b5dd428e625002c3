from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from server.accounts import Accounts
from server.accounts_file import AccountsFile
from server.errors import Busy
from tests.conftest import CHEAP
from tests.server.fake_clock import FakeClock
from tests.server.people import accounts_in


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.db"


@pytest.fixture
def file(path: Path) -> Iterator[AccountsFile]:
    with closing(AccountsFile(path)) as file:
        yield file


@pytest.fixture
def accounts(file: AccountsFile, clock: FakeClock) -> Iterator[Accounts]:
    accounts = Accounts(file, CHEAP, clock)
    yield accounts
    accounts.stop()


def rows(path: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT name, hash, registered FROM account").fetchall()


def test_whoever_registered_is_known_by_the_password_and_by_no_other(accounts: Accounts) -> None:
    assert "anna" not in accounts
    assert accounts.register("anna", "geheim")
    assert "anna" in accounts
    assert accounts.verify("anna", "geheim")
    for wrong in ("Geheim", "geheim ", "", "x" * 1000):
        assert not accounts.verify("anna", wrong)


def test_nobody_is_known_who_did_not_register(accounts: Accounts) -> None:
    assert not accounts.verify("anna", "geheim")


def test_a_name_is_registered_once(accounts: Accounts) -> None:
    assert accounts.register("anna", "first")
    assert not accounts.register("anna", "second")
    assert accounts.verify("anna", "first")
    assert not accounts.verify("anna", "second")


def test_accounts_are_there_after_reopening(accounts: Accounts, file: AccountsFile, path: Path) -> None:
    accounts.register("anna", "geheim")
    file.close()
    with accounts_in(path.parent) as again:
        assert again.verify("anna", "geheim")


def test_the_file_holds_a_salted_hash_and_not_the_password(accounts: Accounts, path: Path) -> None:
    for name in ("anna", "ben"):
        accounts.register(name, "correct horse")
    (anna, first, time), (_, second, _) = rows(path)
    assert (anna, time) == ("anna", "2026-03-01T09:00:00.000Z")
    assert first.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert first != second
    for file in path.parent.glob("accounts.db*"):
        assert b"correct horse" not in file.read_bytes()


def test_once_hashing_has_stopped_nobody_is_verified_or_registered(accounts: Accounts) -> None:
    accounts.register("anna", "geheim")
    accounts.stop()
    for ask in (accounts.verify, accounts.register):
        with pytest.raises(Busy):
            ask("anna", "geheim")
    assert "anna" in accounts


def test_of_many_who_want_one_name_one_gets_it(accounts: Accounts) -> None:
    start = threading.Barrier(8)

    def register(number: int) -> bool:
        start.wait()
        return accounts.register("anna", f"password {number}")

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(register, range(8)))
    assert made.count(True) == 1
    assert [accounts.verify("anna", f"password {number}") for number in range(8)] == made


def test_a_disk_that_fails_is_an_sqlite_error(accounts: Accounts, file: AccountsFile) -> None:
    file.close()
    with pytest.raises(sqlite3.Error):
        accounts.verify("anna", "geheim")
    with pytest.raises(sqlite3.Error):
        accounts.register("anna", "geheim")


def test_a_role_is_that_of_now_and_all_of_them_are_a_table(accounts: Accounts, file: AccountsFile) -> None:
    for name in ("anna", "ben"):
        accounts.register(name, "geheim")
    assert (accounts.role("anna"), accounts.role("nobody"), accounts.roles()) == (None, None, {})
    file.change("UPDATE account SET role = 'admin' WHERE name = 'anna'")
    assert (accounts.role("anna"), accounts.roles()) == ("admin", {"anna": "admin"})
