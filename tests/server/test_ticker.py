"""What happens because time passes, on real servers with short times."""

from __future__ import annotations

import pytest

from schema.framing import frame
from schema.messages import Join, Ping, Pong, Users
from tests.conftest import Connect, Serve


def test_everyone_gets_the_list_again_and_again(serve: Serve, connect: Connect) -> None:
    address = serve(users_every=0.05).address
    anna, ben = connect("anna", at=address), connect("ben", at=address)
    for peer in (anna, ben):
        for _ in range(3):
            peer.receive_until(Users, lambda users: users.users == ("anna", "ben"))


def test_those_in_a_room_get_its_list_too_and_strangers_get_none(serve: Serve, connect: Connect) -> None:
    address = serve(users_every=0.05).address
    anna, stranger = connect("anna", at=address), connect(at=address)
    anna.ask(Join(id="1", room="tea"))
    for _ in range(3):
        anna.receive_until(Users, lambda users: users.room == "tea")
    assert stranger.sync() == []


def test_whoever_is_silent_is_asked_and_stays_as_long_as_there_are_answers(serve: Serve, connect: Connect) -> None:
    peer = connect("anna", at=serve(ping_every=1.0).address)
    ids: list[str] = []
    while len(ids) < 2:
        ids.append(peer.receive_until(Ping).id)
        peer.send(Pong(re=ids[-1]))
    assert len(set(ids)) == 2


def test_whoever_does_not_answer_is_let_go_and_leaves_the_list(serve: Serve, connect: Connect) -> None:
    address = serve(ping_every=1.0).address
    silent, watcher = connect("silent", at=address), connect("watcher", at=address)
    watcher.sync()
    silent.receive_until(Ping)
    while True:
        watcher.others.clear()
        message = watcher.receive()
        if isinstance(message, Ping):
            watcher.send(Pong(re=message.id))
        if isinstance(message, Users):
            break
    assert message.users == ("watcher",)
    assert silent.expect_bye("ping-timeout").reconnect


@pytest.mark.parametrize("octets", [b"", frame(b"<nonsense/>")], ids=["silent", "talking"])
def test_whoever_does_not_log_in_is_let_go(serve: Serve, connect: Connect, octets: bytes) -> None:
    address = serve(login_within=0.3).address
    late = connect(at=address)
    late.send_octets(octets)
    assert late.expect_bye("login-timeout").reconnect


def test_a_frame_that_is_never_whole_ends_its_connection_alone(serve: Serve, connect: Connect) -> None:
    address = serve(frame_within=0.3).address
    slow, other = connect("slow", at=address), connect("other", at=address)
    slow.send_octets(frame(b"<pm/>")[:-1])
    assert slow.expect_bye("frame-timeout").reconnect
    other.receive_until(Users, lambda users: users.users == ("other",))
