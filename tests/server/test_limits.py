"""Too fast and too many: each is told, with the time after which to try again."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from schema.codec import decode
from schema.framing import FrameReader
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import (
    Announce,
    Broadcast,
    Bye,
    Command,
    Dm,
    Error,
    Ex,
    History,
    Join,
    Kick,
    List,
    Message,
    Part,
    Ping,
    Pm,
    Pong,
    Side,
    Who,
)
from tests.conftest import Connect, Serve
from tests.peer import PATIENCE, Peer
from tests.server.fake_clock import FakeClock

COUNTED: list[Command | Ping] = [
    Pm(id="c", text="x"),
    Dm(id="c", to="ben", text="x"),
    Who(id="c"),
    List(id="c"),
    List(id="c", what="sanctions"),
    Kick(id="c", user="ben"),
    Announce(id="c", text="x"),
    Join(id="c", room="tea"),
    Part(id="c", room="tea"),
    History(id="c"),
    Ping(id="c"),
]


def too_fast(peer: Peer, command: Command | Ping) -> int | None:
    """The seconds to wait."""
    error = peer.ask(command)
    assert isinstance(error, Error)
    assert (error.code, error.action) == ("too-fast", "wait")
    return error.retry


def ping(peer: Peer) -> None:
    """A barrier that shows that the connection lives."""
    peer.send(Ping(id="still-there"))
    assert peer.answer("still-there") == Pong(re="still-there")


@pytest.mark.parametrize("command", COUNTED, ids=lambda command: command.element)
def test_so_many_at_once_and_then_so_many_a_second(
    serve: Serve, connect: Connect, clock: FakeClock, command: Command | Ping
) -> None:
    address = serve(rate=0.5, burst=3, clock=clock).address
    connect("ben", at=address)
    anna = connect("anna", at=address)
    for id in "123":
        anna.publish(Pm(id=id, text="x"))
    assert too_fast(anna, command) == 2
    clock.forward(1)
    assert too_fast(anna, command) == 1
    clock.forward(1)
    answer = anna.ask(command)
    assert not isinstance(answer, Error) or answer.code != "too-fast"
    assert too_fast(anna, command) == 2


def test_what_was_too_fast_was_not_done(serve: Serve, connect: Connect, clock: FakeClock) -> None:
    address = serve(rate=1.0, burst=1, clock=clock).address
    witness, anna = connect("witness", at=address), connect("anna", at=address, client="desk")
    assert anna.publish(Pm(id="1", text="one")) == 1
    too_fast(anna, Pm(id="2", text="two"))
    clock.forward(1)
    assert anna.publish(Pm(id="2", text="two")) == 2
    witness.receive_until(Broadcast, lambda message: message.seq == 2)
    assert witness.texts() == ["one"]


def test_answers_to_pings_do_not_count_nor_does_leaving(serve: Serve, connect: Connect, clock: FakeClock) -> None:
    anna = connect("anna", at=serve(rate=1.0, burst=1, clock=clock).address)
    for _ in range(20):
        anna.send(Pong(re="server-1"))
    anna.ask(List(id="1"))
    too_fast(anna, List(id="2"))
    anna.send(Ex(id="bye"))
    anna.expect_bye("logout")


def test_it_is_no_abuse(serve: Serve, connect: Connect, clock: FakeClock) -> None:
    """A client that cannot count is slow, not gone."""
    anna = connect("anna", at=serve(rate=1.0, burst=1, refusals=3, clock=clock).address)
    anna.ask(List(id="0"))
    for number in range(50):
        too_fast(anna, List(id=str(number)))
    clock.forward(1)
    ping(anna)


def test_one_connection_does_not_slow_another_down(serve: Serve, connect: Connect, clock: FakeClock) -> None:
    address = serve(rate=1.0, burst=1, clock=clock).address
    anna, ben = connect("anna", at=address), connect("ben", at=address)
    anna.ask(List(id="1"))
    too_fast(anna, List(id="2"))
    assert ben.publish(Pm(id="1", text="x")) == 1


def test_an_address_has_a_limit_over_all_its_connections(serve: Serve, connect: Connect, clock: FakeClock) -> None:
    address = serve(address_rate=0.25, address_burst=4, clock=clock).address
    anna, ben = connect("anna", at=address), connect("ben", at=address)
    for peer in (anna, ben, anna, ben):
        peer.ask(List(id="x"))
    assert too_fast(anna, List(id="y")) == too_fast(ben, List(id="y")) == 4
    clock.forward(4)
    ben.publish(Pm(id="z", text="x"))
    too_fast(anna, List(id="z"))


def test_without_a_rate_nobody_waits(serve: Serve, connect: Connect, clock: FakeClock) -> None:
    anna = connect("anna", at=serve(rate=0.0, burst=1, address_rate=0.0, clock=clock).address)
    for number in range(200):
        anna.ask(List(id=str(number)))
    assert anna.greeting is not None
    limits = {limit.name: limit.value for limit in anna.greeting.limits}
    assert (limits["rate"], limits["burst"]) == (0, 0)


def turned_away(address: tuple[str, int]) -> list[Message]:
    """All that a connection is told that gets no greeting."""
    with closing(socket.create_connection(address, PATIENCE)) as connected:
        octets = b""
        while piece := connected.recv(65_536):
            octets += piece
    found = FrameReader(MAX_SERVER_DOCUMENT).feed(octets)
    return [decode(document, Side.SERVER) for document in found if isinstance(document, bytes)]


@pytest.mark.parametrize("limit", ["connections", "address_connections"])
def test_one_too_many_is_told_and_when_one_leaves_there_is_room(serve: Serve, connect: Connect, limit: str) -> None:
    service = serve(**{limit: 2})
    first, second = connect("anna", at=service.address), connect(at=service.address)
    for _ in range(3):
        error, bye = turned_away(service.address)
        assert isinstance(error, Error)
        assert (error.code, error.action) == ("too-many-connections", "wait")
        assert error.retry
        assert isinstance(bye, Bye)
        assert (bye.code, bye.reconnect) == ("too-many-connections", True)
    # Those who are there notice nothing.
    assert first.publish(Pm(id="1", text="x")) == 1
    second.send_octets(b"\0\0\0\0")
    second.expect_bye("not-a-frame")
    second.close()
    # It is counted until its thread has ended.
    for connection in service._listener.connections():
        if connection.number == 2:
            connection.thread.join(PATIENCE)
    assert connect("ben", at=service.address).sync() is not None
