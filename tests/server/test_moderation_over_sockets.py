"""Kicked, muted and banned on a real server, by peers who are moderators there."""

from __future__ import annotations

import re
import socket
import sys
import threading
from pathlib import Path

import pytest

from schema.messages import (
    Announce,
    Ban,
    Broadcast,
    Bye,
    Command,
    Dm,
    Error,
    Greeting,
    Kick,
    List,
    Login,
    Message,
    Mute,
    Notice,
    Ok,
    Pm,
    Sanctions,
    Unban,
    Unmute,
    Users,
    Who,
)
from server.service import Service
from tests.conftest import Connect, Serve, StartServer
from tests.peer import PATIENCE, Peer
from tests.server.fake_clock import FakeClock
from tests.server.people import appoint, register

#: On Linux all of 127.0.0.0/8 is this machine, so a client can come from an address of its own.
ELSEWHERE = "127.0.0.2"
many_addresses = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux, where 127.0.0.2 is this machine too")


@pytest.fixture
def staff(data: Path) -> None:
    """An admin and two moderators, who are there before the server is."""
    register(data, "anna", "mod", "max", "ben", "carol")
    for name, role in (("anna", "admin"), ("mod", "moderator"), ("max", "moderator")):
        appoint(data, name, role)


@pytest.fixture
def address(serve: Serve, clock: FakeClock, staff: None) -> tuple[str, int]:
    service: Service = serve(clock=clock)
    return service.address


def do(peer: Peer, command: Command) -> None:
    assert peer.ask(command) == Ok(re=command.id)


def notice(peer: Peer, code: str) -> str:
    return peer.receive_until(Notice, lambda notice: notice.code == code).text


def refused(peer: Peer, command: Command) -> Error:
    error = peer.ask(command)
    assert isinstance(error, Error), error
    return error


def banned(peer: Peer, name: str) -> str:
    """Tries to log in, and is told to stay away; the sentence."""
    error = refused(peer, Login(id="in", name=name, password="correct horse"))
    assert (error.code, error.action) == ("banned", "cancel")
    assert not peer.expect_bye("banned").reconnect
    return error.text


def from_elsewhere(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, PATIENCE, source_address=(ELSEWHERE, 0))


def turned_away(address: tuple[str, int]) -> list[Message]:
    """All that somebody from elsewhere is told who gets no greeting."""
    with Peer(from_elsewhere(address)) as peer:
        peer.expect_closed()
        return peer.others


def greeted(address: tuple[str, int]) -> Peer:
    return Peer(from_elsewhere(address))


def test_a_kick_ends_every_connection_of_the_user_and_nobody_elses(address: tuple[str, int], connect: Connect) -> None:
    mod, desk, phone, carol = (connect(name, at=address) for name in ("mod", "ben", "ben", "carol"))
    do(mod, Kick(id="k", user="ben", text="Enough."))
    for peer in (desk, phone):
        bye = peer.expect_bye("kicked")
        assert (bye.reconnect, bye.text) == (False, "A moderator has ended your connection: Enough.")
    lists = [message.names for message in carol.sync() if isinstance(message, Users)]
    assert lists[-1] == ("carol", "mod")
    assert connect("ben", at=address).publish(Pm(id="1", text="Here again")) == 1


def test_a_mute_holds_on_all_connections_until_it_ends(
    address: tuple[str, int], connect: Connect, clock: FakeClock
) -> None:
    mod, desk, phone = connect("mod", at=address), connect("ben", at=address), connect("ben", at=address)
    do(mod, Mute(id="m", user="ben", seconds=600, text="Hush."))
    sentence = "You are muted until 2026-03-01 09:10:00 UTC: Hush."
    for peer in (desk, phone):
        assert notice(peer, "muted") == sentence
    clock.forward(20)
    for peer in (desk, phone, connect("ben", at=address)):
        error = refused(peer, Pm(id="1", text="Hello?"))
        assert (error.code, error.action, error.retry, error.text) == ("muted", "wait", 580, sentence)
    desk.publish(Dm(id="2", to="mod", text="Why?"))
    clock.forward(580)
    desk = connect("ben", at=address)
    desk.publish(Pm(id="3", text="Hello!"))
    assert [message.text for message in mod.sync() if isinstance(message, Broadcast)] == ["Hello!"]


def test_one_who_is_unmuted_is_told(address: tuple[str, int], connect: Connect) -> None:
    mod, ben = connect("mod", at=address), connect("ben", at=address)
    do(mod, Mute(id="1", user="ben"))
    error = refused(ben, Pm(id="1", text="Hello?"))
    assert (error.code, error.retry) == ("muted", None)
    do(mod, Unmute(id="2", user="ben"))
    assert notice(ben, "unmuted")
    ben.publish(Pm(id="2", text="Hello!"))


def test_what_was_posted_before_the_mute_is_answered_as_the_first_time(
    address: tuple[str, int], connect: Connect
) -> None:
    mod, ben = connect("mod", at=address), connect("ben", at=address, client="desk")
    first = ben.ask(Pm(id="1", text="Hello"))
    do(mod, Mute(id="1", user="ben"))
    ben = connect("ben", at=address, client="desk")
    assert ben.ask(Pm(id="1", text="Hello")) == first
    assert refused(ben, Pm(id="2", text="Hello?")).code == "muted"


def test_a_ban_ends_connections_and_keeps_the_user_out_until_it_ends(
    address: tuple[str, int], connect: Connect, clock: FakeClock
) -> None:
    mod, ben, other = connect("mod", at=address), connect("ben", at=address), connect(at=address)
    do(mod, Ban(id="b", user="ben", seconds=60, text="Spam"))
    assert not ben.expect_bye("banned").reconnect
    assert other.refused(Login(id="1", name="ben", password="wrong horse")) == "wrong-password"
    for peer in (other, connect(at=address)):
        assert banned(peer, "ben") == "You are banned until 2026-03-01 09:01:00 UTC: Spam"
    connect("carol", at=address)
    clock.forward(60)
    connect("ben", at=address)


def test_the_sanctions_in_force_are_a_list_for_moderators(address: tuple[str, int], connect: Connect) -> None:
    mod, carol = connect("mod", at=address), connect("carol", at=address)
    for command in (Ban(id="1", user="ben"), Ban(id="2", address="192.0.2.9/24"), Mute(id="3", user="carol")):
        do(mod, command)
    answer = mod.ask(List(id="4", what="sanctions"))
    assert isinstance(answer, Sanctions)
    assert {(one.kind, one.user, one.address, one.by) for one in answer.sanctions} == {
        ("ban", "ben", None, "mod"),
        ("ban", None, "192.0.2.0/24", "mod"),
        ("mute", "carol", None, "mod"),
    }
    assert carol.refused(List(id="1", what="sanctions")) == "not-allowed"
    assert mod.refused(List(id="5", what="sandwiches")) == "unknown-list"
    assert mod.ask(List(id="6", what="rooms")).element == "rooms"


def test_an_announcement_reaches_everyone_who_is_logged_in_and_is_not_kept(
    address: tuple[str, int], connect: Connect
) -> None:
    mod, ben, stranger = connect("mod", at=address), connect("ben", at=address), connect(at=address)
    do(mod, Announce(id="a", text="Tea is ready.\nIn the kitchen."))
    for peer in (mod, ben):
        told = peer.receive_until(Notice)
        assert (told.code, told.sender, told.text) == ("announcement", "mod", "Tea is ready.\nIn the kitchen.")
    assert stranger.sync() == []
    late = connect("carol", at=address, since=0)
    assert [message.element for message in late.sync() if message.element == "notice"] == []


@many_addresses
def test_a_ban_of_an_address_ends_all_from_there_but_those_with_a_role(
    address: tuple[str, int], connect: Connect
) -> None:
    mod, here = connect("mod", at=address), connect("ben", at=address)
    with greeted(address) as ben, greeted(address) as waiting, greeted(address) as max:
        ben.login("ben")
        max.login("max")
        waiting.receive_until(Greeting)
        do(mod, Ban(id="b", address=f"{ELSEWHERE}/31", seconds=60))
        assert ben.expect_bye("banned").text.startswith("Your address is banned until")
        # Whoever had not logged in hears of it then; with a role one may go on.
        assert banned(waiting, "carol").startswith("Your address is banned until")
        max.publish(Pm(id="1", text="Still here"))
    here.publish(Pm(id="1", text="Here too"))


@many_addresses
def test_a_banned_address_is_turned_away_in_place_of_the_greeting(
    address: tuple[str, int], connect: Connect, clock: FakeClock
) -> None:
    mod = connect("mod", at=address)
    do(mod, Ban(id="b", address=ELSEWHERE, seconds=60, text="A flood"))
    sentence = "Your address is banned until 2026-03-01 09:01:00 UTC: A flood"
    for _ in range(3):
        assert turned_away(address) == [
            Error(code="banned", action="cancel", text=sentence),
            Bye(code="banned", reconnect=False, text=sentence),
        ]
    connect("ben", at=address)
    clock.forward(60)
    with greeted(address) as peer:
        peer.login("carol")
        do(mod, Ban(id="c", address="127.0.0.0/30"))
        peer.expect_bye("banned")
    assert turned_away(address)[0].element == "error"
    do(mod, Unban(id="d", address="127.0.0.3/30"))
    with greeted(address) as peer:
        peer.login("carol")


def test_a_restart_holds_them(serve: Serve, connect: Connect, clock: FakeClock, staff: None) -> None:
    first = serve(clock=clock)
    mod = connect("mod", at=first.address)
    for command in (Ban(id="1", user="ben"), Mute(id="2", user="carol", seconds=60), Ban(id="3", address="127.0.0.2")):
        do(mod, command)
    before = mod.ask(List(id="4", what="sanctions"))
    first.stop()
    address = serve(clock=clock).address
    assert connect("mod", at=address).ask(List(id="4", what="sanctions")) == before
    banned(connect(at=address), "ben")
    carol = connect("carol", at=address)
    assert refused(carol, Pm(id="1", text="Hello?")).retry == 60
    clock.forward(60)
    carol = connect("carol", at=address)
    carol.publish(Pm(id="1", text="Hello!"))


def test_a_crash_right_after_the_answer_loses_nothing(start_server: StartServer, connect: Connect, staff: None) -> None:
    first = start_server()
    mod = connect("mod", at=first.address)
    do(mod, Ban(id="1", user="ben"))
    do(mod, Mute(id="2", user="carol"))
    first.process.kill()
    first.process.wait()
    second = start_server()
    banned(connect(at=second.address), "ben")
    assert connect("carol", at=second.address).refused(Pm(id="1", text="Hello?")) == "muted"
    assert re.search(
        r"^\S+ audit address=127\.0\.0\.1 user=mod command=ban target=ben outcome=ok$", first.log, re.MULTILINE
    )


def test_nobody_gets_in_or_stays_in_past_a_ban_however_they_meet(address: tuple[str, int], connect: Connect) -> None:
    """Logins and bans of one user at the same time: after the answer to the ban, nobody of that name is there."""
    mod = connect("mod", at=address)
    for round in range(10):
        peers = [connect(at=address) for _ in range(4)]
        start = threading.Barrier(len(peers) + 1)

        def come(peer: Peer, start: threading.Barrier = start) -> None:
            start.wait()
            peer.send(Login(id="in", name="ben", password="correct horse"))

        threads = [threading.Thread(target=come, args=(peer,)) for peer in peers]
        for thread in threads:
            thread.start()
        start.wait()
        do(mod, Ban(id=f"b{round}", user="ben"))
        for thread in threads:
            thread.join()
        for peer in peers:
            peer.expect_bye("banned")
        users = mod.ask(Who(id=f"w{round}"))
        assert isinstance(users, Users)
        assert users.names == ("mod",)
        do(mod, Unban(id=f"u{round}", user="ben"))
