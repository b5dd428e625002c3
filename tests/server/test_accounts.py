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
from server.config import Hashing
from server.errors import BadInvitation, Busy
from tests.cheap_server import CHEAP
from tests.server.fake_clock import FakeClock
from tests.server.people import accounts_in

#: What a hash costs later, when machines are faster.
DEARER = Hashing(passes=2, memory_kib=8, lanes=1, apart=False)


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
        return accounts.register("anna", f"password {number}") is not None

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


def test_a_hash_from_cheaper_days_is_made_anew_at_the_next_login(accounts: Accounts, path: Path) -> None:
    accounts.register("anna", "geheim")
    [(_, before, _)] = rows(path)
    with accounts_in(path.parent, DEARER) as later:
        account = later["anna"]
        assert account is not None
        assert not later.verify("anna", "falsch")
        assert rows(path)[0][1] == before
        stamp = later.authenticate("anna", "geheim")
        [(_, after, _)] = rows(path)
        assert after.startswith("$argon2id$v=19$m=8,t=2,p=1$")
        # The password is the same, and nobody is to be sent away because of it.
        assert stamp == account.stamp == before
        now = later["anna"]
        assert now is not None
        assert now.stamp == stamp
        assert later.authenticate("anna", "geheim") == stamp
        assert rows(path)[0][1] == after


class Slow(Accounts):
    """Counts how often a hash is replaced."""

    replaced = 0

    def _replace(self, name: str, known: str, made: str) -> bool:
        self.replaced += 1
        return super()._replace(name, known, made)


def test_many_logins_at_once_make_a_hash_anew_once(accounts: Accounts, file: AccountsFile, clock: FakeClock) -> None:
    accounts.register("anna", "geheim")
    # Dear enough that all have read the cheap hash when the first has made a new one.
    later = Slow(file, Hashing(passes=3, memory_kib=16 * 1024, lanes=1, at_once=4, apart=False), clock)
    try:
        start = threading.Barrier(4)

        def log_in(_: int) -> bool:
            start.wait()
            return later.verify("anna", "geheim")

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(log_in, range(4)))
        assert later.replaced == 1
    finally:
        later.stop()


def test_a_hash_that_cannot_be_written_keeps_nobody_out(accounts: Accounts, path: Path, clock: FakeClock) -> None:
    accounts.register("anna", "geheim")
    with accounts_in(path.parent, DEARER) as later, closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TRIGGER full BEFORE UPDATE ON account BEGIN SELECT RAISE(FAIL, 'disk full'); END")
        assert later.verify("anna", "geheim")
        assert later.verify("anna", "geheim")


def test_a_password_is_changed_by_whoever_knows_it(accounts: Accounts) -> None:
    first = accounts.register("anna", "geheim")
    assert accounts.change_password("anna", "falsch", "neu") is None
    assert accounts.change_password("ben", "geheim", "neu") is None
    second = accounts.change_password("anna", "geheim", "neu")
    assert second not in (None, first)
    assert accounts.authenticate("anna", "neu") == second
    assert not accounts.verify("anna", "geheim")


def test_of_two_who_change_a_password_at_once_one_does(accounts: Accounts) -> None:
    """The second gives an old password that is no longer the one."""
    accounts.register("anna", "geheim")
    start = threading.Barrier(2)

    def change(new: str) -> bool:
        start.wait()
        return accounts.change_password("anna", "geheim", new) is not None

    for _ in range(20):
        accounts.set_password("anna", "geheim")
        with ThreadPoolExecutor(2) as threads:
            made = list(threads.map(change, ("first", "second")))
        assert sorted(made) == [False, True]
        assert [accounts.verify("anna", new) for new in ("first", "second")] == made


def test_a_password_can_be_changed_while_its_hash_is_made_anew(
    accounts: Accounts, file: AccountsFile, clock: FakeClock
) -> None:
    class Meanwhile(Accounts):
        """Somebody else logs in between the check of the old password and the writing of the new."""

        def _replace(self, name: str, known: str, made: str) -> bool:
            if self._rehashing or known != before:
                return super()._replace(name, known, made)
            self._rehash(name, known, "geheim")
            return super()._replace(name, known, made)

    before = accounts.register("anna", "geheim") or ""
    later = Meanwhile(file, DEARER, clock)
    try:
        assert later.change_password("anna", "geheim", "neu") is not None
        assert later.verify("anna", "neu")
    finally:
        later.stop()


def test_an_invitation_is_used_up_with_the_account_and_not_without_it(accounts: Accounts, file: AccountsFile) -> None:
    code = accounts._invitations.make(days=1)
    accounts.register("anna", "geheim")
    assert accounts.is_invited(code)
    assert accounts.register("anna", "geheim", invitation=code) is None
    assert accounts.is_invited(code)
    assert accounts.register("ben", "geheim", invitation=code) is not None
    assert not accounts.is_invited(code)
    with pytest.raises(BadInvitation):
        accounts.register("carol", "geheim", invitation=code)
    assert "carol" not in accounts


def test_of_many_who_use_one_invitation_one_gets_in(accounts: Accounts) -> None:
    code = accounts._invitations.make(days=1)
    start = threading.Barrier(8)

    def register(number: int) -> bool:
        start.wait()
        try:
            return accounts.register(f"user-{number}", "geheim", invitation=code) is not None
        except BadInvitation:
            return False

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(register, range(8)))
    assert made.count(True) == 1
    assert [f"user-{number}" in accounts for number in range(8)] == made


def test_what_the_operator_changes_is_seen_by_another_process(accounts: Accounts, path: Path) -> None:
    accounts.register("anna", "geheim")
    accounts.changed()
    assert not accounts.changed()
    with accounts_in(path.parent) as operator:
        assert operator.set_role("anna", "moderator")
        assert operator.disable("anna")
    assert accounts.changed()
    assert not accounts.changed()
    account = accounts["anna"]
    assert account is not None
    assert (account.role, account.disabled) == ("moderator", account.disabled)
    assert account.disabled is not None
    assert accounts.role("anna") == "moderator"
    with accounts_in(path.parent) as operator:
        operator.enable("anna")
        operator.set_role("anna", None)
        operator.set_password("anna", "neu")
    assert accounts.changed()
    now = accounts["anna"]
    assert now is not None
    assert (now.role, now.disabled) == (None, None)
    assert now.stamp != account.stamp


def test_a_password_that_was_changed_here_is_a_change_too(accounts: Accounts) -> None:
    accounts.register("anna", "geheim")
    accounts.changed()
    accounts.change_password("anna", "geheim", "neu")
    assert accounts.changed()
    assert not accounts.changed()


def test_nothing_can_be_changed_of_somebody_who_is_not_there(accounts: Accounts) -> None:
    assert accounts["anna"] is None
    assert accounts.role("anna") is None
    assert not accounts.set_role("anna", "admin")
    assert not accounts.set_password("anna", "neu")
    assert not accounts.disable("anna")
    assert not accounts.enable("anna")


def test_the_list_is_in_alphabetical_order(accounts: Accounts) -> None:
    for name in ("ben", "anna"):
        accounts.register(name, "geheim", role="admin" if name == "ben" else None)
    assert [(account.name, account.role) for account in accounts.all()] == [("anna", None), ("ben", "admin")]
