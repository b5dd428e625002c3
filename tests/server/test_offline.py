"""Direct messages for one who is away: kept, sent at the next login of each device, and not again once read."""

from __future__ import annotations

from pathlib import Path

import pytest

from schema.messages import Direct, Dm, Ok, Ping, Pm, Pong, Resumed, Welcome
from tests.conftest import Connect, StartServer
from tests.peer import Peer
from tests.server.people import register


@pytest.fixture
def ben(connect: Connect) -> Peer:
    """Talks to anna, who is registered and away."""
    connect("anna", client="desk").close()
    return connect("ben")


def write(ben: Peer, *texts: str) -> list[int]:
    return [ben.publish(Dm(id=ben.next_id(), to="anna", text=text)) for text in texts]


def waiting(anna: Peer) -> list[str]:
    """The direct messages that have come with the login and after it."""
    return [message.text for message in anna.sync() if isinstance(message, Direct)]


def read(anna: Peer) -> None:
    """Says that everything that has come was read, and waits until the server knows."""
    anna.send(Pong(re=anna.receive_until(Ping).id))
    anna.sync()


def test_they_come_at_the_next_login_and_before_what_is_said(connect: Connect, ben: Peer) -> None:
    ben.publish(Pm(id="public", text="not kept for her"))
    assert write(ben, "one", "two") == [2, 3]
    anna = connect("anna", client="desk")
    assert anna.receive_until(Resumed).seq == 3
    assert anna.receive_until(Ping).id == "read-3"
    assert waiting(anna) == ["one", "two"]


def test_once_read_they_do_not_come_again(connect: Connect, ben: Peer) -> None:
    write(ben, "one")
    anna = connect("anna", client="desk")
    read(anna)
    anna.close()
    again = connect("anna", client="desk")
    assert [message.element for message in again.sync() if message.element != "users"] == []
    assert write(ben, "two") == [2]
    assert waiting(again) == ["two"]


@pytest.mark.parametrize("wrong", [None, "server-1", "read-0", "read-x"])
def test_as_long_as_nobody_says_so_they_come_again(connect: Connect, ben: Peer, wrong: str | None) -> None:
    write(ben, "one")
    for _ in range(3):
        anna = connect("anna", client="desk")
        anna.receive_until(Resumed)
        if wrong:
            anna.send(Pong(re=wrong))
        assert waiting(anna) == ["one"]
        anna.close()


def test_what_came_live_and_was_not_read_comes_again(connect: Connect, ben: Peer) -> None:
    anna = connect("anna", client="desk")
    write(ben, "one")
    anna.receive_until(Direct)
    anna.close()
    again = connect("anna", client="desk")
    assert waiting(again) == ["one"]


def test_each_device_has_its_own_place(connect: Connect, ben: Peer) -> None:
    """The desk was here when it was said and did not say that it was read; the phone has read it since."""
    desk, phone = connect("anna", client="desk"), connect("anna", client="phone")
    write(ben, "one")
    desk.receive_until(Direct)
    desk.close()
    read(phone)
    phone.close()
    write(ben, "two")
    assert waiting(connect("anna", client="phone")) == ["two"]
    assert waiting(connect("anna", client="desk")) == ["one", "two"]


def test_a_new_device_starts_where_the_furthest_is(connect: Connect, ben: Peer) -> None:
    desk = connect("anna", client="desk")
    write(ben, "one")
    read(desk)
    desk.close()
    write(ben, "two")
    tablet = connect(at=None)
    assert tablet.login("anna", client="tablet").place == 1
    assert waiting(tablet) == ["two"]


def test_logins_that_name_no_device_share_a_place(connect: Connect, ben: Peer) -> None:
    write(ben, "one")
    anna = connect("anna")
    read(anna)
    anna.close()
    assert waiting(connect("anna")) == []


@pytest.mark.parametrize(("said", "expected"), [({"since": 1}, ["two"]), ({"place": 0}, ["one", "two"])])
def test_what_the_login_says_goes_before_what_is_written_down(
    connect: Connect, ben: Peer, said: dict[str, int], expected: list[str]
) -> None:
    write(ben, "one", "two")
    if "place" in said:
        anna = connect("anna", client="desk")
        read(anna)
        anna.close()
    anna = connect("anna", client="desk", **said)
    anna.receive_until(Resumed)
    assert waiting(anna) == expected


def test_since_says_what_was_read(connect: Connect, ben: Peer) -> None:
    write(ben, "one", "two")
    connect("anna", client="desk", since=1).sync()
    assert waiting(connect("anna", client="desk")) == ["two"]


def test_a_month_of_them_comes_in_pages(connect: Connect, ben: Peer) -> None:
    for number in range(150):
        ben.send(Dm(id=f"m{number}", to="anna", text=str(number)))
    ben.answer("m149")
    anna = connect("anna", client="desk")
    assert anna.receive_until(Ping).id == "read-100"
    anna.send(Pong(re="read-100"))
    anna.receive_until(Resumed)
    assert waiting(anna) == [str(number) for number in range(150)]


def test_the_author_hears_on_all_devices_and_is_not_asked(connect: Connect, ben: Peer) -> None:
    phone = connect("ben", client="phone")
    write(ben, "one")
    for peer in (ben, phone):
        came = [message.element for message in peer.sync() if message.element not in ("users", "notice")]
        assert came == ["direct"]


def test_they_and_the_places_outlive_a_restart(start_server: StartServer, connect: Connect, data: Path) -> None:
    register(data, "anna", "ben")
    server = start_server()
    anna, ben = connect("anna", at=server.address, client="desk"), connect("ben", at=server.address)
    write(ben, "one")
    read(anna)
    anna.close()
    assert isinstance(ben.ask(Dm(id="last", to="anna", text="two")), Ok)
    server.stop()
    anna = connect(at=start_server().address)
    welcome = anna.login("anna", client="desk")
    assert isinstance(welcome, Welcome)
    assert (welcome.seq, welcome.place) == (2, 1)
    anna.receive_until(Resumed)
    assert waiting(anna) == ["two"]
