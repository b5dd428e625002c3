from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import pytest

from server.accounts import Accounts
from server.config import Hashing
from server.errors import Busy
from tests.conftest import CHEAP
from tests.peer import PATIENCE
from tests.server.fake_clock import FakeClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.db"


@pytest.fixture
def accounts(path: Path, clock: FakeClock) -> Iterator[Accounts]:
    with closing(Accounts(path, CHEAP, clock)) as accounts:
        yield accounts


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


def test_accounts_are_there_after_reopening(accounts: Accounts, path: Path, clock: FakeClock) -> None:
    accounts.register("anna", "geheim")
    accounts.close()
    with closing(Accounts(path, CHEAP, clock)) as again:
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


def test_a_hash_costs_by_default_what_the_configuration_says(path: Path, clock: FakeClock) -> None:
    with closing(Accounts(path, Hashing(), clock)) as accounts:
        accounts.register("anna", "geheim")
        assert accounts.verify("anna", "geheim")
    assert rows(path)[0][1].startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [("caf\u00e9", "cafe\u0301"), ("cafe\u0301", "caf\u00e9"), ("\u1112\u1161\u11ab", "\ud55c")],
    ids=["composed", "decomposed", "hangul"],
)
def test_a_password_is_the_same_from_every_keyboard(accounts: Accounts, chosen: str, typed: str) -> None:
    accounts.register("anna", chosen)
    assert accounts.verify("anna", typed)


def test_letters_that_only_look_alike_are_others(accounts: Accounts) -> None:
    accounts.register("anna", "\u212bngstr\u00f6m\ufb01")
    assert not accounts.verify("anna", "\u00c5ngstr\u00f6mfi")


def test_a_hash_that_is_none_lets_nobody_in(accounts: Accounts, path: Path) -> None:
    accounts.register("anna", "geheim")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE account SET hash = 'plain'")
    assert not accounts.verify("anna", "plain")


def test_of_many_who_want_one_name_one_gets_it(accounts: Accounts) -> None:
    start = threading.Barrier(8)

    def register(number: int) -> bool:
        start.wait()
        return accounts.register("anna", f"password {number}")

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(register, range(8)))
    assert made.count(True) == 1
    assert [accounts.verify("anna", f"password {number}") for number in range(8)] == made


def test_whoever_finds_no_place_to_wait_is_sent_away_and_the_others_are_served(path: Path, clock: FakeClock) -> None:
    hashing = Hashing(passes=1, memory_kib=8, lanes=1, at_once=1, waiting=1)
    with closing(Accounts(path, hashing, clock)) as accounts, ThreadPoolExecutor(2) as threads:
        accounts.register("anna", "geheim")
        with accounts._turn():
            # Two come for the one place there is.
            asked = [threads.submit(accounts.verify, "anna", "geheim") for _ in range(2)]
            done, waiting = wait(asked, PATIENCE, FIRST_COMPLETED)
            [sent_away], [waits] = done, waiting
            busy = sent_away.exception()
            assert isinstance(busy, Busy)
            assert busy.retry > 0
        assert waits.result(PATIENCE)
        assert accounts.verify("anna", "geheim")


def test_a_disk_that_fails_is_an_sqlite_error(path: Path, clock: FakeClock) -> None:
    accounts = Accounts(path, CHEAP, clock)
    accounts.close()
    with pytest.raises(sqlite3.Error):
        accounts.verify("anna", "geheim")
    with pytest.raises(sqlite3.Error):
        accounts.register("anna", "geheim")
