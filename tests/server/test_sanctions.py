from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import server.sanctions
from schema.messages import Sanction
from server.accounts_file import AccountsFile
from server.sanctions import Sanctions, explain
from tests.server.fake_clock import FakeClock


def sanction(clock: FakeClock, kind: str = "mute", *, seconds: float | None = None, **more: Any) -> Sanction:
    until = None if seconds is None else clock.utc(ago=-seconds)
    return Sanction(kind=kind, by="anna", time=clock.utc(), until=until, **more)


def test_a_mute_and_a_ban_of_one_user_are_two_things(sanctions: Sanctions, clock: FakeClock) -> None:
    mute, ban = sanction(clock, user="ben"), sanction(clock, "ban", user="ben")
    for one in (mute, ban):
        assert sanctions.impose(one)
    assert (sanctions.mute_of("ben"), sanctions.ban_of("ben")) == (mute, ban)
    assert sanctions.mute_of("carol") is sanctions.ban_of("carol") is None
    assert sanctions.lift("ban", "ben", None)
    assert (sanctions.mute_of("ben"), sanctions.ban_of("ben")) == (mute, None)
    assert not sanctions.lift("ban", "ben", None)


def test_a_new_one_takes_the_place_of_the_old_one(
    sanctions: Sanctions, clock: FakeClock, accounts_file: AccountsFile
) -> None:
    sanctions.impose(sanction(clock, user="ben", text="first"))
    clock.forward(1)
    sanctions.impose(sanction(clock, user="ben", seconds=60, text="second"))
    for held in (sanctions, Sanctions(accounts_file, clock)):
        assert [(one.text, one.until) for one in held.all()] == [("second", "2026-03-01T09:01:01.000Z")]


def test_it_ends_by_the_clock(sanctions: Sanctions, clock: FakeClock) -> None:
    sanctions.impose(sanction(clock, user="ben", seconds=10))
    sanctions.impose(sanction(clock, "ban", address="192.0.2.0/24", seconds=10))
    clock.forward(9.999)
    assert sanctions.mute_of("ben")
    assert sanctions.ban_from("192.0.2.1")
    clock.forward(0.001)
    assert sanctions.mute_of("ben") is sanctions.ban_from("192.0.2.1") is None
    assert sanctions.all() == []
    # To lift what is over is nothing to tell anybody.
    assert not sanctions.lift("mute", "ben", None)


def test_a_restart_holds_all_of_it(sanctions: Sanctions, clock: FakeClock, accounts_file: AccountsFile) -> None:
    sanctions.impose(sanction(clock, user="ben", seconds=60, text="Line\nbreak"))
    sanctions.impose(sanction(clock, "ban", address="2001:db8::/48"))
    clock.forward(1)
    sanctions.impose(sanction(clock, "ban", user="carol"))
    again = Sanctions(accounts_file, clock)
    assert again.all() == sanctions.all()
    assert [one.user for one in again.all()] == ["carol", "ben", None]
    assert again.mute_of("ben") == sanctions.mute_of("ben")
    assert again.ban_from("2001:db8::7")
    clock.forward(60)
    assert Sanctions(accounts_file, clock).mute_of("ben") is None


@pytest.mark.parametrize(
    ("address", "inside", "outside"),
    [
        ("192.0.2.7", ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.2.8", "::192.0.2.7", "2001:db8::7"]),
        ("192.0.2.0/24", ["192.0.2.0", "192.0.2.255", "::ffff:192.0.2.1"], ["192.0.3.0", "no address", ""]),
        ("2001:db8::/48", ["2001:db8::1", "2001:db8:0:ffff::"], ["2001:db8:1::", "32.1.13.184"]),
        ("fe80::1", ["fe80::1%eth0"], ["fe80::2%eth0"]),
    ],
)
def test_an_address_is_kept_out_with_its_network(
    sanctions: Sanctions, clock: FakeClock, address: str, inside: list[str], outside: list[str]
) -> None:
    # Others of other lengths stand beside it.
    for other in ("198.51.100.0/25", "203.0.113.1", "2001:db8:ffff::/64"):
        sanctions.impose(sanction(clock, "ban", address=other))
    sanctions.impose(sanction(clock, "ban", address=address))
    assert all(sanctions.ban_from(host) for host in inside)
    assert not any(sanctions.ban_from(host) for host in outside)
    sanctions.lift("ban", None, address)
    assert not any(sanctions.ban_from(host) for host in inside)
    assert sanctions.ban_from("203.0.113.1")


def test_a_network_that_is_over_does_not_hide_a_larger_one(sanctions: Sanctions, clock: FakeClock) -> None:
    sanctions.impose(sanction(clock, "ban", address="192.0.0.0/16", seconds=1))
    sanctions.impose(sanction(clock, "ban", address="192.0.2.0/24"))
    clock.forward(1)
    assert sanctions.ban_from("192.0.2.1")
    assert not sanctions.ban_from("192.0.3.1")


def test_what_bars_a_user(sanctions: Sanctions, clock: FakeClock) -> None:
    sanctions.impose(sanction(clock, "ban", address="192.0.2.7"))
    assert sanctions.barring("ben", "192.0.2.7", None)
    assert not sanctions.barring("ben", "192.0.2.7", "moderator")
    assert not sanctions.barring("ben", "192.0.2.8", None)
    sanctions.impose(sanction(clock, "ban", user="ben"))
    assert sanctions.barring("ben", "192.0.2.8", "moderator")
    # A mute keeps nobody out.
    sanctions.impose(sanction(clock, user="carol"))
    assert not sanctions.barring("carol", "192.0.2.8", None)


def test_there_is_an_end_to_them_and_what_is_over_makes_room(
    sanctions: Sanctions, clock: FakeClock, accounts_file: AccountsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.sanctions, "MAX_SANCTIONS", 3)
    for name, seconds in (("a", None), ("b", 1), ("c", 2)):
        assert sanctions.impose(sanction(clock, user=name, seconds=seconds))
    assert not sanctions.impose(sanction(clock, user="d"))
    assert sanctions.impose(sanction(clock, user="a", text="again"))
    clock.forward(1)
    assert sanctions.impose(sanction(clock, user="d"))
    assert {one.user for one in sanctions.all()} == {"a", "c", "d"}
    assert accounts_file.rows("SELECT user FROM sanction ORDER BY user") == [("a",), ("c",), ("d",)]


def test_a_disk_that_fails_changes_nothing(sanctions: Sanctions, clock: FakeClock, accounts_file: AccountsFile) -> None:
    sanctions.impose(sanction(clock, user="ben"))
    before = sanctions.all()
    for event in ("INSERT", "DELETE"):
        accounts_file.change(
            f"CREATE TRIGGER full_{event} BEFORE {event} ON sanction BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    for one in (sanction(clock, user="ben", text="new"), sanction(clock, "ban", address="::1")):
        with pytest.raises(sqlite3.Error):
            sanctions.impose(one)
    with pytest.raises(sqlite3.Error):
        sanctions.lift("mute", "ben", None)
    assert sanctions.all() == before == Sanctions(accounts_file, clock).all()
    assert not sanctions.ban_from("::1")


class OneByOne(AccountsFile):
    """Sees to it that one change is in memory before the next one goes to the disk."""

    sanctions: Sanctions | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        assert self.sanctions is not None
        assert self.sanctions._changing.locked()
        with super().transaction() as database:
            yield database

    def change(self, statement: str, values: Sequence[Any] = ()) -> int:
        assert self.sanctions is not None
        assert self.sanctions._changing.locked()
        return super().change(statement, values)


@pytest.mark.heavy
def test_disk_and_memory_agree_however_many_change_it_at_once(tmp_path: Path, clock: FakeClock) -> None:
    start = threading.Barrier(4)

    def change(by: str) -> None:
        start.wait()
        for number in range(25):
            sanctions.impose(sanction(clock, user="ben", text=f"{by}{number}"))
            sanctions.impose(sanction(clock, "ban", address=f"192.0.2.{number % 3}", text=by))
            sanctions.lift("ban", None, f"192.0.2.{(number + 1) % 3}")

    with closing(OneByOne(tmp_path / "accounts.db")) as file:
        sanctions = file.sanctions = Sanctions(file, clock)
        threads = [threading.Thread(target=change, args=(by,)) for by in "abcd"]
        for thread in threads:
            thread.start()
        # Whoever asks meanwhile waits for nobody.
        while any(thread.is_alive() for thread in threads):
            sanctions.all()
            sanctions.ban_from("192.0.2.1")
        for thread in threads:
            thread.join()
        again = Sanctions(file, clock)
    assert sanctions.all() == again.all()
    for host in ("192.0.2.0", "192.0.2.1", "192.0.2.2"):
        assert sanctions.ban_from(host) == again.ban_from(host)


@pytest.mark.parametrize(
    ("kind", "target", "seconds", "text", "expected"),
    [
        ("ban", {"user": "ben"}, None, None, "You are banned."),
        ("ban", {"user": "ben"}, None, "Spam", "You are banned: Spam"),
        ("mute", {"user": "ben"}, 90, None, "You are muted until 2026-03-01 09:01:30 UTC."),
        ("ban", {"address": "::1"}, 90, "Spam", "Your address is banned until 2026-03-01 09:01:30 UTC: Spam"),
    ],
)
def test_a_sentence_for_the_one_it_holds_for(
    clock: FakeClock, kind: str, target: dict[str, str], seconds: float | None, text: str | None, expected: str
) -> None:
    assert explain(sanction(clock, kind, seconds=seconds, text=text, **target)) == expected


def test_the_refusal_of_a_mute_says_when_to_try_again_and_that_of_a_ban_does_not(
    sanctions: Sanctions, clock: FakeClock
) -> None:
    short, long = sanction(clock, user="ben", seconds=90), sanction(clock, user="ben")
    ban = sanction(clock, "ban", user="ben", seconds=90)
    clock.forward(0.5)
    refusals = [sanctions.refusal(one, "7") for one in (short, long, ban)]
    assert [(one.code.name, one.re, one.retry) for one in refusals] == [
        ("muted", "7", 90),
        ("muted", "7", None),
        ("banned", "7", None),
    ]
