"""What a session says to history, pongs and too many commands, without a server around it."""

from __future__ import annotations

import sqlite3

import pytest

from schema.errors import Refusal
from schema.messages import (
    Ban,
    Block,
    Broadcast,
    Command,
    Direct,
    Ex,
    History,
    List,
    Login,
    Mute,
    Page,
    Passwd,
    Ping,
    Pm,
    Pong,
    Unblock,
    Unmute,
)
from schema.messages import Blocks as BlockList
from schema.messages import Sanctions as SanctionList
from server.accounts_file import AccountsFile
from server.archive import Archive
from server.blocks import Blocks
from server.hashing import Wanted
from server.orders import Ordered
from server.requests import Enter, PasswordChanged, Read
from server.sanctions import Sanctions
from server.session import Ask, Session
from server.store import Row, Store
from tests.server.fake_clock import FakeClock
from tests.server.sessions import Book, OpenSession, code, login, refused, said

TIME = "2026-03-01T09:00:00.000Z"


@pytest.fixture
def anna(session: Session, accounts: Book, store: Store) -> Session:
    """Logged in, with a public message and a direct one in the store."""
    accounts.register("ben", "geheim")
    store.write([Row(TIME, "ben", "lobby", None, "public"), Row(TIME, "ben", None, "anna", "direct")], {})
    login(session, "1", password="geheim", register=True)
    return session


def test_history_is_answered_without_the_journal(anna: Session) -> None:
    public = Broadcast(seq=1, room="lobby", sender="ben", time=TIME, text="public")
    direct = Direct(seq=2, sender="ben", to="anna", time=TIME, text="direct")
    assert said(anna.receive(History(id="2"))) == Page(re="2", more=False, broadcasts=(public,))
    assert said(anna.receive(History(id="3", user="ben"))) == Page(re="3", more=False, directs=(direct,))


def test_a_range_that_is_none_is_refused_and_a_user_that_is_none_is_named(anna: Session) -> None:
    assert code(anna, History(id="2", room="tea", user="ben")) == ("bad-range", "2")
    assert code(anna, History(id="3", before=1, after=1)) == ("bad-range", "3")
    refusal = refused(anna, History(id="4", user="nobody"))
    assert (refusal.code.name, refusal.at) == ("no-such-user", "/history/@user")


def test_what_cannot_be_read_now_may_be_asked_for_later(anna: Session, archive: Archive, accounts: Book) -> None:
    archive.close()
    assert refused(anna, History(id="2")).code.name == "storage"
    accounts.failure = sqlite3.OperationalError("disk I/O error")
    refusal = refused(anna, History(id="3", user="ben"))
    assert (refusal.code.name, refusal.re, refusal.retry) == ("storage", "3", 5)


def test_a_block_is_in_force_when_it_goes_to_the_journal_to_be_answered(anna: Session, blocks: Blocks) -> None:
    assert anna.receive(Block(id="2", user="ben")) == [Ask(Block(id="2", user="ben"))]
    assert blocks.holds("anna", "ben")
    assert said(anna.receive(List(id="3", what="blocks"))) == BlockList(re="3", users=("ben",))
    assert anna.receive(Unblock(id="4", user="ben")) == [Ask(Unblock(id="4", user="ben"))]
    assert said(anna.receive(List(id="5", what="blocks"))) == BlockList(re="5", users=())


@pytest.mark.parametrize(("user", "expected"), [("anna", "to-yourself"), ("nobody", "no-such-user")])
def test_who_cannot_be_blocked(anna: Session, blocks: Blocks, user: str, expected: str) -> None:
    refusal = refused(anna, Block(id="2", user=user))
    assert (refusal.code.name, refusal.re, refusal.at) == (expected, "2", "/block/@user")
    assert blocks.of("anna") == ()


@pytest.mark.parametrize("command", [Block(id="2", user="ben"), Unblock(id="2", user="carol")])
def test_a_block_that_cannot_be_written_may_be_tried_again(
    anna: Session, blocks: Blocks, accounts_file: AccountsFile, command: Block | Unblock
) -> None:
    blocks.add("anna", "carol")
    accounts_file.close()
    refusal = refused(anna, command)
    assert (refusal.code.name, refusal.re, refusal.retry) == ("storage", "2", 5)
    assert blocks.of("anna") == ("carol",)


@pytest.mark.parametrize(("re", "expected"), [("read-7", [Ask(Read(7))]), ("server-1", []), ("read-x", [])])
def test_a_pong_says_what_was_read(anna: Session, re: str, expected: list[Ask]) -> None:
    anna.reading.ping(7)
    assert anna.receive(Pong(re=re)) == expected
    assert anna.receive(Pong(re=re)) == []


def test_before_the_login_nothing_was_read(session: Session) -> None:
    assert session.receive(Pong(re="read-7")) == []


def test_whoever_comes_back_says_what_was_seen(session: Session) -> None:
    enter = session.receive(
        Login(id="1", name="anna", password="x", register=True, client="desk", since=7, place=5, rooms=("tea", "attic"))
    )
    assert enter == [Ask(Enter("1", registered=True, client="desk", since=7, place=5, rooms=("tea", "attic")))]


@pytest.mark.parametrize("rooms", [("a", "b", "c"), ("a", "b", "c", "d")])
def test_too_many_rooms_in_a_login_are_no_login(
    open_session: OpenSession, accounts: Book, rooms: tuple[str, ...]
) -> None:
    session = open_session(rooms=3)
    session.greet()
    refusal = refused(session, Login(id="1", name="anna", password="x", register=True, rooms=rooms))
    assert (refusal.code.name, refusal.re, refusal.at) == ("too-many-rooms", "1", "/login/room")
    assert "anna" not in accounts


class Address:
    """What the session's address may send."""

    def __init__(self) -> None:
        self.wait = 0.0
        self.taken = 0

    def take(self) -> float:
        self.taken += 1
        return self.wait


def limited(open_session: OpenSession, address: Address) -> Session:
    session = open_session(address.take, rate=2.0, burst=3, refusals=2)
    session.greet()
    login(session, "1", password="geheim", register=True)
    return session


def test_commands_above_the_rate_wait(open_session: OpenSession, clock: FakeClock) -> None:
    address = Address()
    session = limited(open_session, address)
    for command in (Pm(id="2", text="x"), List(id="3", what="blocks"), Unblock(id="4", user="ben")):
        session.receive(command)
    refusal = refused(session, Pm(id="5", text="x"))
    assert (refusal.code.name, refusal.re, refusal.retry) == ("too-fast", "5", 1)
    # What the connection may not send is not taken from its address.
    assert address.taken == 3
    clock.forward(0.5)
    assert session.receive(Pm(id="5", text="x")) == [Ask(Pm(id="5", text="x"))]
    assert code(session, Ping(id="6")) == ("too-fast", "6")
    # An answer and the end are never too fast. What would be refused in any case is counted like everything else.
    assert session.receive(Pong(re="server-1")) == []
    assert code(session, Pm(id="7", text=" ")) == ("too-fast", "7")
    assert session.receive(Ex(id="8")) == [Ask(Ex(id="8"))]


def test_what_the_address_may_not_send_waits_too(open_session: OpenSession) -> None:
    address = Address()
    session = limited(open_session, address)
    address.wait = 2.5
    refusal = refused(session, List(id="2"))
    assert (refusal.code.name, refusal.retry) == ("too-fast", 3)
    address.wait = 0.0
    assert session.receive(List(id="2")) == [Ask(List(id="2"))]


def test_what_a_moderator_asks_is_in_force_when_the_journal_gets_it(
    anna: Session, accounts_file: AccountsFile, sanctions: Sanctions
) -> None:
    assert code(anna, Mute(id="2", user="ben")) == ("not-allowed", "2")
    accounts_file.change("UPDATE account SET role = 'moderator' WHERE name = 'anna'")
    ordered = said(anna.receive(Mute(id="3", user="ben")))
    assert isinstance(ordered, Ordered)
    assert (ordered.re, len(ordered.orders)) == ("3", 1)
    assert sanctions.mute_of("ben")
    assert said(anna.receive(Unmute(id="4", user="ben"))) != Ordered("4")
    assert anna.receive(Unmute(id="5", user="ben")) == [Ask(Ordered("5"))]


def test_the_list_of_sanctions_is_answered_without_the_journal(anna: Session, accounts_file: AccountsFile) -> None:
    assert code(anna, List(id="2", what="sanctions")) == ("not-allowed", "2")
    accounts_file.change("UPDATE account SET role = 'moderator' WHERE name = 'anna'")
    assert said(anna.receive(List(id="3", what="sanctions"))) == SanctionList(re="3")
    refusal = refused(anna, List(id="4", what="sandwiches"))
    assert (refusal.code.name, refusal.re, refusal.at) == ("unknown-list", "4", "/list/@what")
    assert anna.receive(List(id="5", what="rooms")) == [Ask(List(id="5", what="rooms"))]


@pytest.mark.parametrize("command", [Ban(id="2", address="::1"), List(id="2", what="sanctions")])
def test_what_is_too_fast_is_not_done_by_moderators_either(
    open_session: OpenSession, accounts_file: AccountsFile, sanctions: Sanctions, command: Command
) -> None:
    address = Address()
    session = limited(open_session, address)
    accounts_file.change("UPDATE account SET role = 'moderator' WHERE name = 'anna'")
    address.wait = 1.0
    assert code(session, command) == ("too-fast", "2")
    assert sanctions.all() == []


def test_too_fast_is_not_counted_as_abuse(session: Session) -> None:
    for _ in range(100):
        assert len(session.refuse(Refusal("too-fast", "Later.", retry=1))) == 1


def test_a_new_password_is_on_disk_before_the_journal_hears_of_it(anna: Session, accounts: Book) -> None:
    before = anna.stamp
    assert said(anna.receive(Passwd(id="2", old="geheim", new="neu"))) == PasswordChanged("2")
    assert accounts.verify("anna", "neu")
    assert anna.stamp not in (None, before)
    assert anna.stamp == accounts.authenticate("anna", "neu")


def test_a_password_that_stays_leaves_the_session_as_it_was(anna: Session, accounts: Book) -> None:
    before = anna.stamp
    refusal = refused(anna, Passwd(id="2", old="falsch", new="neu"))
    assert (refusal.code.name, refusal.re, refusal.at) == ("wrong-password", "2", "/passwd/old")
    assert anna.stamp == before is not None
    assert accounts.verify("anna", "geheim")


def test_while_the_password_is_changed_nobody_compares_the_session_with_the_account(
    anna: Session, accounts: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever changed it could be sent away for it, in the moment between the disk and the session."""
    change = accounts.change_password
    stamps: list[str | None] = []

    def changed(name: str, old: str, new: str, wanted: Wanted) -> str | None:
        stamps.append(anna.stamp)
        return change(name, old, new, wanted)

    monkeypatch.setattr(accounts, "change_password", changed)
    anna.receive(Passwd(id="2", old="geheim", new="neu"))
    assert stamps == [None]
    assert anna.stamp is not None
