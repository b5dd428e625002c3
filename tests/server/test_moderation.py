"""What a moderator's command does before others hear of it, with real accounts and no server."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest

import server.sanctions
from schema.errors import Refusal
from schema.limits import MAX_TEXT
from schema.messages import Announce, Ban, Bye, Command, Kick, List, Mute, Notice, Sanction, Unban, Unmute
from server.accounts_file import AccountsFile
from server.log import EventLog
from server.moderation import Moderating, Moderation
from server.networks import read_network
from server.orders import Ordered, Remove, Tell
from server.sanctions import Sanctions
from tests.server.fake_clock import FakeClock
from tests.server.sessions import Book

NOW = "2026-03-01T09:00:00.000Z"
IN_A_MINUTE = "2026-03-01T09:01:00.000Z"


@pytest.fixture(autouse=True)
def people(accounts: Book, accounts_file: AccountsFile) -> None:
    for name, role in (("anna", "admin"), ("mod", "moderator"), ("ben", None)):
        accounts.register(name, "geheim")
        accounts_file.change("UPDATE account SET role = ? WHERE name = ?", (role, name))


def code(moderation: Moderation, command: Moderating, by: str = "mod") -> tuple[str, str | None, str | None]:
    with pytest.raises(Refusal) as refused:
        moderation.carry_out(by, "192.0.2.1", command)
    return refused.value.code.name, refused.value.re, refused.value.at


def done(moderation: Moderation, command: Moderating, by: str = "mod") -> Ordered:
    return moderation.carry_out(by, "192.0.2.1", command)


def notice(code: str, text: str, sender: str | None = None) -> Notice:
    return Notice(code=code, time=NOW, text=text, sender=sender)


@pytest.mark.parametrize(
    ("command", "orders", "held"),
    [
        (
            Kick(id="7", user="ben", text="Enough."),
            [Remove(Bye(code="kicked", reconnect=False, text="A moderator has ended your connection: Enough."), "ben")],
            [],
        ),
        (
            Mute(id="7", user="ben", seconds=60),
            [Tell(notice("muted", "You are muted until 2026-03-01 09:01:00 UTC."), "ben")],
            [Sanction(kind="mute", user="ben", by="mod", time=NOW, until=IN_A_MINUTE)],
        ),
        (
            Ban(id="7", user="ben", text="Spam"),
            [Remove(Bye(code="banned", reconnect=False, text="You are banned: Spam"), "ben")],
            [Sanction(kind="ban", user="ben", by="mod", time=NOW, text="Spam")],
        ),
        (
            Ban(id="7", address="192.0.2.7/24", seconds=60),
            [
                Remove(
                    Bye(
                        code="banned",
                        reconnect=False,
                        text="Your address is banned until 2026-03-01 09:01:00 UTC.",
                    ),
                    network=read_network("192.0.2.0/24"),
                )
            ],
            [Sanction(kind="ban", address="192.0.2.0/24", by="mod", time=NOW, until=IN_A_MINUTE)],
        ),
        (Announce(id="7", text="Tea!"), [Tell(notice("announcement", "Tea!", "mod"))], []),
        (Unmute(id="7", user="ben"), [], []),
        (Unban(id="7", user="ben"), [], []),
        (Unban(id="7", address="::1"), [], []),
    ],
    ids=lambda value: value.element if isinstance(value, Command) else "",
)
def test_what_a_command_does_and_what_is_left_to_the_hub(
    moderation: Moderation, sanctions: Sanctions, command: Moderating, orders: list[Any], held: list[Sanction]
) -> None:
    assert done(moderation, command) == Ordered("7", tuple(orders))
    assert sanctions.all() == held


def test_what_is_lifted_is_told_once(moderation: Moderation, sanctions: Sanctions) -> None:
    done(moderation, Mute(id="1", user="ben"))
    done(moderation, Ban(id="2", user="ben"))
    done(moderation, Ban(id="3", address="::ffff:192.0.2.7"))
    told = Tell(notice("unmuted", "You may speak in public again."), "ben")
    assert done(moderation, Unmute(id="4", user="ben")).orders == (told,)
    assert done(moderation, Unmute(id="5", user="ben")).orders == ()
    done(moderation, Unban(id="6", user="ben"))
    done(moderation, Unban(id="7", address="192.0.2.7/32"))
    assert sanctions.all() == []


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (Kick(id="7", user="nobody"), ("no-such-user", "/kick/@user")),
        (Unban(id="7", user="nobody"), ("no-such-user", "/unban/@user")),
        (Kick(id="7", user="anna"), ("not-allowed", None)),
        (Mute(id="7", user="mod"), ("not-allowed", None)),
        (Ban(id="7"), ("bad-target", None)),
        (Unban(id="7", user="ben", address="::1"), ("bad-target", None)),
        (Ban(id="7", address="192.0.2.7/33"), ("bad-target", "/ban/@address")),
        (Unban(id="7", address="12:34"), ("bad-target", "/unban/@address")),
        (Kick(id="7", user="ben", text="x" * (MAX_TEXT + 1)), ("text-too-long", "/kick/text")),
        (Mute(id="7", user="ben", text="x" * (MAX_TEXT + 1)), ("text-too-long", "/mute/text")),
        (Ban(id="7", address="::1", text="x" * (MAX_TEXT + 1)), ("text-too-long", "/ban/text")),
        (Announce(id="7", text="x" * (MAX_TEXT + 1)), ("text-too-long", "/announce/text")),
        (Announce(id="7", text=" \n"), ("empty-text", "/announce/text")),
    ],
    ids=str,
)
def test_what_is_refused_is_not_done(
    moderation: Moderation, sanctions: Sanctions, command: Moderating, expected: tuple[str, str | None]
) -> None:
    assert code(moderation, command) == (expected[0], "7", expected[1])
    assert sanctions.all() == []


@pytest.mark.parametrize(
    "command", [Ban(id="7", address="::1"), Kick(id="7", user="nobody"), Announce(id="7", text="")]
)
def test_without_a_role_everything_is_refused_in_the_same_way(moderation: Moderation, command: Moderating) -> None:
    """So nobody learns by it who is registered."""
    assert code(moderation, command, by="ben") == ("not-allowed", "7", None)


def test_the_role_is_the_one_of_now(moderation: Moderation, accounts_file: AccountsFile) -> None:
    done(moderation, Kick(id="1", user="ben"))
    accounts_file.change("UPDATE account SET role = NULL WHERE name = 'mod'")
    assert code(moderation, Kick(id="2", user="ben"))[0] == "not-allowed"
    # And so is that of the other one.
    accounts_file.change("UPDATE account SET role = 'admin' WHERE name = 'ben'")
    assert code(moderation, Kick(id="3", user="ben"), by="anna")[0] == "not-allowed"


def test_a_blank_reason_is_none_and_one_up_to_the_limit_is_kept(moderation: Moderation, sanctions: Sanctions) -> None:
    longest = "\N{GRINNING FACE}" * MAX_TEXT
    for said, kept in ((" \n", None), (longest, longest)):
        done(moderation, Mute(id="1", user="ben", text=said))
        assert [one.text for one in sanctions.all()] == [kept]


@pytest.mark.parametrize(("seconds", "ends"), [(3_000_000_000, True), (4_000_000_000, False), (10**18 - 1, False)])
def test_longer_than_a_century_is_for_good(
    moderation: Moderation, sanctions: Sanctions, seconds: int, ends: bool
) -> None:
    done(moderation, Ban(id="1", user="ben", seconds=seconds))
    [held] = sanctions.all()
    assert (held.until is not None) is ends


def test_one_who_is_muted_announces_nothing(moderation: Moderation) -> None:
    done(moderation, Mute(id="1", user="mod", seconds=60), by="anna")
    with pytest.raises(Refusal) as refused:
        done(moderation, Announce(id="2", text="Tea!"))
    assert (refused.value.code.name, refused.value.re, refused.value.retry) == ("muted", "2", 60)


def test_more_than_the_server_keeps_are_refused(moderation: Moderation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.sanctions, "MAX_SANCTIONS", 1)
    done(moderation, Mute(id="1", user="ben"))
    assert code(moderation, Ban(id="2", address="::1")) == ("too-many-sanctions", "2", None)


def test_a_connection_from_an_address_that_is_banned_is_refused(moderation: Moderation) -> None:
    done(moderation, Ban(id="1", address="192.0.2.0/24"))
    moderation.check_address("198.51.100.1")
    with pytest.raises(Refusal) as refused:
        moderation.check_address("192.0.2.7")
    assert (refused.value.code.name, refused.value.re) == ("banned", None)


def test_a_disk_that_fails_is_told_with_a_time_to_come_back(
    moderation: Moderation, accounts: Book, accounts_file: AccountsFile, sanctions: Sanctions
) -> None:
    accounts_file.change("CREATE TRIGGER full BEFORE INSERT ON sanction BEGIN SELECT RAISE(ABORT, 'full'); END")
    assert code(moderation, Mute(id="1", user="ben")) == ("storage", "1", None)
    assert sanctions.all() == []
    accounts.failure = sqlite3.OperationalError("disk I/O error")
    assert code(moderation, Kick(id="2", user="ben")) == ("storage", "2", None)
    accounts_file.close()
    with pytest.raises(Refusal) as raised:
        moderation.list("mod", List(id="3", what="sanctions"))
    assert (raised.value.code.name, raised.value.re, raised.value.retry) == ("storage", "3", 5)


def test_the_list_is_for_moderators_and_has_what_fits_the_newest_first(
    moderation: Moderation, clock: FakeClock
) -> None:
    for number in range(60):
        done(moderation, Ban(id="1", address=f"192.0.2.{number}", text="&" * MAX_TEXT))
        clock.forward(1)
    sanctions = moderation.list("mod", List(id="2", what="sanctions")).sanctions
    assert [one.address for one in sanctions] == [f"192.0.2.{number}" for number in range(59, 34, -1)]
    with pytest.raises(Refusal, match="Only a moderator"):
        moderation.list("ben", List(id="3", what="sanctions"))


Captured = pytest.CaptureFixture[str]


def test_every_command_leaves_a_line_whatever_became_of_it(
    accounts: Book, sanctions: Sanctions, clock: FakeClock, capsys: Captured
) -> None:
    moderation = Moderation(accounts, sanctions, clock, EventLog("text", clock))
    done(moderation, Ban(id="1", user="ben", seconds=60, text="Spam & more\nuser=anna \x9b\u202e"))
    done(moderation, Ban(id="2", address="2001:db8::1/48"))
    code(moderation, Kick(id="3", user="anna"))
    code(moderation, Announce(id="4", text="x" * 9000))
    accounts.failure = sqlite3.OperationalError("disk I/O error")
    code(moderation, Kick(id="5", user="ben"))
    start = f"{NOW} audit address=192.0.2.1 user=mod command="
    assert capsys.readouterr().err.splitlines() == [
        start + 'ban target=ben seconds=60 reason="Spam & more\\nuser=anna \\u009b\\u202e" outcome=ok',
        start + "ban network=2001:db8::1/48 outcome=ok",
        start + "kick target=anna outcome=not-allowed",
        start + f"announce reason={'x' * MAX_TEXT} outcome=text-too-long",
        start + "kick target=ben outcome=storage",
    ]


def test_as_json_it_is_an_object(accounts: Book, sanctions: Sanctions, clock: FakeClock, capsys: Captured) -> None:
    done(Moderation(accounts, sanctions, clock, EventLog("json", clock)), Mute(id="1", user="ben", seconds=5))
    assert json.loads(capsys.readouterr().err) == {
        **{"time": NOW, "event": "audit", "address": "192.0.2.1", "user": "mod"},
        **{"command": "mute", "target": "ben", "seconds": 5, "outcome": "ok"},
    }
