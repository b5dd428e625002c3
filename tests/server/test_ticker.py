"""What happens because time passes, on real servers whose clock the test moves on. The ticker looks twice a second."""

from __future__ import annotations

import pytest

from schema.framing import frame
from schema.messages import Error, Join, Ping, Pong, Users
from server.service import Service
from tests.conftest import Connect, Serve
from tests.server.fake_clock import FakeClock


@pytest.fixture
def address(serve: Serve, clock: FakeClock) -> tuple[str, int]:
    service: Service = serve(clock=clock, users_every=20, ping_every=60, login_within=60, frame_within=30)
    return service.address


def test_everyone_gets_the_lists_of_their_rooms_again_and_again(
    address: tuple[str, int], connect: Connect, clock: FakeClock
) -> None:
    anna, ben, stranger = connect("anna", at=address), connect("ben", at=address), connect(at=address)
    anna.ask(Join(id="1", room="tea"))
    for peer in (anna, ben):
        peer.sync()
    for _ in range(2):
        clock.forward(20)
        assert anna.receive_until(Users, lambda users: users.room == "tea").names == ("anna",)
        for peer in (anna, ben):
            assert peer.receive_until(Users, lambda users: users.room == "lobby").names == ("anna", "ben")
    assert all(isinstance(message, Ping) for message in ben.sync() + stranger.sync())


def test_whoever_is_silent_is_asked_and_stays_as_long_as_there_are_answers(
    address: tuple[str, int], connect: Connect, clock: FakeClock
) -> None:
    peer = connect("anna", at=address)
    ids = set()
    for _ in range(3):
        clock.forward(30)
        ping = peer.receive_until(Ping)
        ids.add(ping.id)
        peer.send(Pong(re=ping.id))
        # When this is answered the pong was heard.
        peer.sync()
    assert len(ids) == 3


def test_whoever_does_not_answer_is_let_go_and_leaves_the_list(
    address: tuple[str, int], connect: Connect, clock: FakeClock
) -> None:
    silent, watcher = connect("silent", at=address), connect("watcher", at=address)
    clock.forward(30)
    watcher.send(Pong(re=watcher.receive_until(Ping).id))
    silent.receive_until(Ping)
    watcher.sync()
    clock.forward(30)
    assert silent.expect_bye("ping-timeout").reconnect
    watcher.receive_until(Users, lambda users: users.names == ("watcher",))


def test_whoever_does_not_log_in_is_let_go_silent_or_not(
    address: tuple[str, int], connect: Connect, clock: FakeClock
) -> None:
    silent, talking, user = connect(at=address), connect(at=address), connect("anna", at=address)
    clock.forward(29)
    for peer in (silent, talking, user):
        peer.sync()
    clock.forward(29)
    for peer in (talking, user):
        peer.send_octets(frame(b"<nonsense/>"))
        peer.sync()
    clock.forward(2)
    for peer in (silent, talking):
        assert peer.expect_bye("login-timeout").reconnect
    assert user.sync() is not None


def test_a_frame_that_is_never_whole_ends_its_connection_alone(
    address: tuple[str, int], connect: Connect, clock: FakeClock
) -> None:
    slow, other = connect("slow", at=address), connect("other", at=address)
    # A whole frame and a part of one in a segment: when the first is answered the second has begun.
    slow.send_octets(frame(b"<nonsense/>") + frame(b"<pm/>")[:-1])
    slow.receive_until(Error)
    clock.forward(30)
    assert slow.expect_bye("frame-timeout").reconnect
    other.receive_until(Users, lambda users: users.names == ("other",))
