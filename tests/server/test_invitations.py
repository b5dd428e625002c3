from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server.accounts_file import AccountsFile
from server.invitations import Invitations
from tests.server.fake_clock import FakeClock

DAY = 86_400


@pytest.fixture
def file(tmp_path: Path) -> Iterator[AccountsFile]:
    with closing(AccountsFile(tmp_path / "accounts.db")) as file:
        yield file


@pytest.fixture
def invitations(file: AccountsFile, clock: FakeClock) -> Invitations:
    return Invitations(file, clock)


def redeem(file: AccountsFile, invitations: Invitations, code: str, user: str = "anna") -> bool:
    with file.transaction() as database:
        return invitations.redeem(database, code, user)


def test_a_code_can_be_read_out_and_no_two_are_the_same(invitations: Invitations) -> None:
    codes = [invitations.make(days=1) for _ in range(200)]
    assert len(set(codes)) == 200
    for code in codes:
        assert re.fullmatch(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", code)


def test_a_code_is_good_once(file: AccountsFile, invitations: Invitations) -> None:
    code, other = invitations.make(days=1), invitations.make(days=1)
    assert invitations.is_valid(code)
    assert redeem(file, invitations, code)
    assert not invitations.is_valid(code)
    assert not redeem(file, invitations, code, "ben")
    assert invitations.is_valid(other)


def test_it_does_not_matter_how_it_is_typed(invitations: Invitations) -> None:
    code = invitations.make(days=1)
    assert invitations.is_valid(code.lower())
    assert invitations.is_valid(code.replace("-", ""))
    assert not invitations.is_valid(code[:-1])
    assert not invitations.is_valid("")


def test_it_is_good_for_so_many_days_or_for_ever(
    file: AccountsFile, invitations: Invitations, clock: FakeClock
) -> None:
    two_days, for_ever = invitations.make(days=2), invitations.make(days=0)
    clock.forward(2 * DAY - 1)
    assert invitations.is_valid(two_days)
    clock.forward(1)
    assert not invitations.is_valid(two_days)
    assert not redeem(file, invitations, two_days)
    clock.forward(5_000 * DAY)
    assert redeem(file, invitations, for_ever)


def test_the_file_does_not_hold_the_code(invitations: Invitations, tmp_path: Path) -> None:
    code = invitations.make(days=1)
    for file in tmp_path.glob("accounts.db*"):
        assert code.encode() not in file.read_bytes()
        assert code.replace("-", "").encode() not in file.read_bytes()


def test_the_list_says_what_became_of_each(file: AccountsFile, invitations: Invitations, clock: FakeClock) -> None:
    code = invitations.make(days=1)
    clock.forward(60)
    invitations.make(days=0)
    redeem(file, invitations, code)
    first, second = invitations.all()
    assert (first.made, first.expires) == ("2026-03-01T09:00:00.000Z", "2026-03-02T09:00:00.000Z")
    assert (first.used, first.user) == ("2026-03-01T09:01:00.000Z", "anna")
    assert (second.expires, second.used, second.user) == (None, None, None)
    assert first.id != second.id


def test_one_is_revoked_by_its_code_or_its_id_unless_it_was_used(file: AccountsFile, invitations: Invitations) -> None:
    used, by_code, by_id = (invitations.make(days=1) for _ in range(3))
    redeem(file, invitations, used)
    assert invitations.revoke(by_code)
    [id] = [one.id for one in invitations.all() if one.used is None]
    assert invitations.revoke(id.upper())
    assert not invitations.is_valid(by_code)
    assert not invitations.is_valid(by_id)
    assert not any(map(invitations.revoke, (used, by_code, id, "", "00000000")))
    assert [one.user for one in invitations.all()] == ["anna"]
