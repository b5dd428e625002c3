"""Roles that another process gives and takes beside a server, which is a journal here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from schema.messages import Message, Notice, Welcome
from server.accounts import Accounts
from server.accounts_file import AccountsFile
from server.clock import SystemClock
from server.log import EventLog
from server.role_watch import RoleWatch
from tests.cheap_server import CHEAP
from tests.conftest import Connect, Serve
from tests.peer import Peer
from tests.server.desks import Desk
from tests.server.fake_clock import FakeClock
from tests.server.people import appoint, register

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def accounts(desk: Desk) -> Iterator[Accounts]:
    accounts = Accounts(desk.file, CHEAP, SystemClock())
    accounts.register("anna", "geheim")
    yield accounts
    accounts.stop()


def watch(desk: Desk, accounts: Accounts) -> RoleWatch:
    return RoleWatch(desk.file, accounts, desk.journal, EventLog("text", SystemClock()))


def notices(messages: list[Message]) -> list[str]:
    return [message.text for message in messages if isinstance(message, Notice)]


def test_what_another_process_has_changed_is_told_once(desk: Desk, accounts: Accounts, tmp_path: Path) -> None:
    watching = watch(desk, accounts)
    watching.look()
    anna = desk.seat("anna")
    appoint(tmp_path, "anna", "admin")
    for _ in range(3):
        watching.look()
    desk.settle()
    assert notices(anna.received) == ["Your role is admin now."]
    assert desk.hub.roster.role("anna") == "admin"


def test_roles_that_were_given_before_are_known_before_anybody_comes(
    desk: Desk, accounts: Accounts, tmp_path: Path
) -> None:
    appoint(tmp_path, "anna", "moderator")
    watch(desk, accounts).look()
    anna = desk.enter("anna")
    desk.settle()
    [welcome] = [message for message in anna.received if isinstance(message, Welcome)]
    assert welcome.role == "moderator"
    assert [(user.name, user.role) for user in welcome.users] == [("anna", "moderator")]


def test_other_changes_are_passed_over(desk: Desk, accounts: Accounts, tmp_path: Path) -> None:
    watching = watch(desk, accounts)
    anna = desk.seat("anna")
    appoint(tmp_path, "anna", "admin")
    watching.look()
    with closing(AccountsFile(tmp_path / "accounts.db")) as other:
        other.change("UPDATE account SET disabled = 'now'")
    watching.look()
    desk.settle()
    assert len(notices(anna.received)) == 1


def test_while_nobody_changes_the_file_the_roles_are_not_read(desk: Desk, accounts: Accounts) -> None:
    watching = watch(desk, accounts)
    watching.look()
    statements: list[str] = []
    desk.file._database.set_trace_callback(statements.append)
    # What the server changes itself is no change of a role.
    accounts.register("ben", "geheim")
    for _ in range(3):
        watching.look()
    assert [one for one in statements if "SELECT name, role" in one] == []
    assert [one for one in statements if "data_version" in one]


def test_a_file_that_cannot_be_read_is_logged_once_and_looked_at_again(
    capsys: Captured, desk: Desk, accounts: Accounts, tmp_path: Path
) -> None:
    watching = watch(desk, accounts)
    watching.look()
    anna = desk.seat("anna")
    appoint(tmp_path, "anna", "admin")
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as other:
        other.execute("ALTER TABLE account RENAME TO away")
        for _ in range(3):
            watching.look()
        other.execute("ALTER TABLE away RENAME TO account")
    watching.look()
    desk.settle()
    assert notices(anna.received) == ["Your role is admin now."]
    assert capsys.readouterr().err.count("not-read file=accounts") == 1


def role(peer: Peer) -> str:
    return peer.receive_until(Notice, lambda notice: notice.code == "role").text


def test_a_running_server_notices(serve: Serve, connect: Connect, data: Path, clock: FakeClock) -> None:
    register(data, "anna")
    appoint(data, "anna", "moderator")
    address = serve(clock=clock).address
    anna = connect(at=address)
    assert anna.login("anna").role == "moderator"
    appoint(data, "anna", "admin")
    assert role(anna) == "Your role is admin now."
    appoint(data, "anna", None)
    assert role(anna) == "You have no role any more."
    assert connect(at=address).login("ben").users[0].role is None
