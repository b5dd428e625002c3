"""What is changed beside a running server reaches those who are logged in: it looks at the accounts twice a second."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schema.messages import Bye, Direct, Dm, Error, Login, Ok, Passwd, Pm, Users, Welcome
from server.accounts import Accounts
from server.config import Hashing
from server.service import Service
from tests.conftest import Connect, Serve
from tests.server.people import accounts_in

PASSWORD = "correct horse"


@pytest.fixture
def operator(service: Service, data: Path) -> Iterator[Accounts]:
    """Another process, which works on the same accounts."""
    with accounts_in(data) as accounts:
        yield accounts


def test_an_account_that_is_disabled_is_out_at_once_and_kept_out(operator: Accounts, connect: Connect) -> None:
    anna, other, ben = connect("anna"), connect("anna"), connect("ben")
    operator.disable("anna")
    for peer in (anna, other):
        assert not peer.expect_bye("account-disabled").reconnect
    ben.receive_until(Users, lambda users: users.names == ("ben",))
    again = connect()
    assert again.refused(Login(id="1", name="anna", password=PASSWORD)) == "account-disabled"
    operator.enable("anna")
    assert isinstance(again.ask(Login(id="2", name="anna", password=PASSWORD)), Welcome)


def test_a_name_that_was_just_added_or_is_disabled_can_be_written_to(operator: Accounts, connect: Connect) -> None:
    anna = connect("anna")
    assert anna.refused(Dm(id="before", to="carol", text="x")) == "no-such-user"
    operator.register("carol", PASSWORD)
    anna.publish(Dm(id="at-once", to="carol", text="x"))
    operator.disable("carol")
    anna.publish(Dm(id="disabled", to="carol", text="x"))


def test_a_name_that_is_gone_from_the_file_is_forgotten(service: Service, operator: Accounts, connect: Connect) -> None:
    anna, _, last = connect("anna"), connect("ben"), connect("last")
    operator._file.change("DELETE FROM account WHERE name = 'ben'")
    operator.disable("last")
    last.expect_bye("account-disabled")
    assert anna.refused(Dm(id="late", to="ben", text="x")) == "no-such-user"


def test_a_direct_message_waits_for_nothing_that_is_done_with_the_accounts(service: Service, connect: Connect) -> None:
    anna, ben = connect("anna"), connect("ben")
    file = service._accounts._file
    # As long as somebody changes something on a slow disk.
    with file._lock:
        seq = anna.publish(Dm(id="1", to="ben", text="meanwhile"))
        assert ben.receive_until(Direct).seq == seq


def test_a_password_that_the_operator_has_changed_ends_the_users_connections(
    operator: Accounts, connect: Connect
) -> None:
    anna, ben = connect("anna"), connect("ben")
    operator.set_password("anna", "battery staple")
    assert not anna.expect_bye("password-changed").reconnect
    ben.receive_until(Users, lambda users: users.names == ("ben",))
    assert connect().refused(Login(id="1", name="anna", password=PASSWORD)) == "wrong-password"
    connect("anna", password="battery staple")


def test_what_does_not_concern_them_disturbs_nobody(operator: Accounts, connect: Connect) -> None:
    """The one who is disturbed comes last, and so after all that is looked at."""
    anna, last = connect("anna"), connect("last")
    operator.register("carol", PASSWORD)
    operator.set_role("anna", "moderator")
    operator.disable("last")
    last.expect_bye("account-disabled")
    assert not [message for message in anna.sync() if isinstance(message, Bye)]


def test_whoever_changes_the_password_stays_and_all_others_go(connect: Connect) -> None:
    anna, other, ben = connect("anna"), connect("anna"), connect("ben")
    assert anna.ask(Passwd(id="new", old=PASSWORD, new="battery staple")) == Ok(re="new")
    assert not other.expect_bye("password-changed").reconnect
    assert anna.ask(Passwd(id="again", old="battery staple", new=PASSWORD)) == Ok(re="again")
    # Long enough for the accounts to be looked at twice: somebody else is sent away because of what was changed later.
    connect("ben").ask(Passwd(id="his", old=PASSWORD, new="battery staple"))
    ben.expect_bye("password-changed")
    anna.publish(Pm(id="still", text="here"))


def test_a_wrong_old_password_changes_nothing_for_anybody(connect: Connect) -> None:
    anna, other = connect("anna"), connect("anna")
    error = anna.ask(Passwd(id="new", old="battery staple", new="correct house"))
    assert isinstance(error, Error)
    assert (error.code, error.at, error.re) == ("wrong-password", "/passwd/old", "new")
    for peer in (anna, other, connect("anna")):
        peer.publish(Pm(id="still", text="here"))


def test_nobody_slips_in_with_the_old_password_while_it_is_being_changed(serve: Serve, connect: Connect) -> None:
    """However the logins and the change cross: nobody is in at the end with the old one."""
    # Each login that comes behind the change is a failure, and after a few the next change would have to wait.
    unthrottled = dict.fromkeys(("address_failures", "account_failures", "longest_wait"), 0)
    service = serve(hashing=Hashing(passes=1, memory_kib=1024, lanes=1, apart=False), **unthrottled)
    passwords = [PASSWORD, "battery staple"]
    changer = connect("anna", at=service.address)
    for round in range(10):
        old, new = passwords[round % 2], passwords[(round + 1) % 2]
        peers = [connect(at=service.address) for _ in range(4)]
        with ThreadPoolExecutor(1) as thread:
            change = thread.submit(changer.ask, Passwd(id=f"c{round}", old=old, new=new))
            for peer in peers:
                peer.send(Login(id="in", name="anna", password=old))
            assert isinstance(change.result(), Ok)
        for peer in peers:
            if isinstance(peer.answer("in"), Welcome):
                peer.expect_bye("password-changed")
            peer.close()


def test_a_hash_that_is_made_anew_sends_nobody_away(serve: Serve, connect: Connect, data: Path) -> None:
    data.mkdir()
    with accounts_in(data) as accounts:
        for name in ("anna", "last"):
            accounts.register(name, PASSWORD)
    address = serve(hashing=Hashing(passes=2, memory_kib=8, lanes=1, apart=False)).address
    anna, other, last = (connect(name, at=address) for name in ("anna", "anna", "last"))
    with accounts_in(data) as accounts:
        assert all("t=2" in (accounts._hash_of(name) or "") for name in ("anna", "last"))
        accounts.disable("last")
    last.expect_bye("account-disabled")
    for peer in (anna, other):
        peer.publish(Pm(id="still", text="here"))
