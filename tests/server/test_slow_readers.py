"""Clients that read slowly or not at all, or that are only half there. Nobody else notices."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import Any

import pytest

from schema.codec import encode
from schema.framing import frame
from schema.messages import Broadcast, Bye, Ex, Message, Ok, Ping, Pm, Users
from server.service import Service
from tests.certificates import Certified
from tests.conftest import Connect, Serve
from tests.peer import Peer

#: Several texts of this length, and not so many that a batch of them is more than the outbox below.
LONG = "x" * 4000


with_and_without_tls = pytest.mark.parametrize("tls", [False, True], ids=["without TLS", "with TLS"])


def road_to(service: Service, certified: Certified, tls: bool) -> dict[str, Any]:
    """Where to connect, and how."""
    return {"at": service.tls_address, "tls": certified.trusting()} if tls else {"at": service.address}


def talk_until_gone(talker: Peer, name: str) -> int:
    """Says long things until that user has left the list; how many they were."""
    said = 0
    while True:
        ids = [f"{name}-{number}" for number in range(said, said + 20)]
        for id in ids:
            talker.send(Pm(id=id, text=LONG))
        for id in ids:
            assert isinstance(talker.answer(id), Ok)
        said += 20
        lists = [message for message in talker.others if isinstance(message, Users)]
        if lists and name not in lists[-1].names:
            return said


@with_and_without_tls
def test_who_is_too_far_behind_is_told_and_the_others_get_everything(
    serve: Serve, connect: Connect, certified: Certified, tls: bool
) -> None:
    # On a busy machine it takes longer to read what is there, the goodbye at its end.
    service = serve(linger=20.0, **certified.settings)
    road = road_to(service, certified, tls)
    slow = connect("slow", window=4096, **road)
    other, talker = connect("other", **road), connect("talker", at=service.address)
    talker.receive_until(Users, lambda users: "slow" in users.names)
    said = talk_until_gone(talker, "slow")
    bye = slow.receive_until(Bye)
    assert (bye.code, bye.reconnect) == ("too-slow", True)
    slow.expect_closed()
    # What came before the goodbye is whole and without a gap.
    assert slow.numbers() == list(range(1, len(slow.numbers()) + 1))
    assert len(slow.numbers()) < said
    assert [message.seq for message in other.sync() if isinstance(message, Broadcast)] == list(range(1, said + 1))


@with_and_without_tls
def test_who_takes_nothing_for_some_time_is_ended(
    serve: Serve, connect: Connect, certified: Certified, tls: bool
) -> None:
    """Its outbox is large enough for everything, and it is never more than behind."""
    service = serve(stalled_after=0.2, outbox=64 * 1024 * 1024, ping_every=3600.0, **certified.settings)
    slow = connect("slow", window=4096, **road_to(service, certified, tls))
    talker = connect("talker", at=service.address)
    talker.receive_until(Users, lambda users: "slow" in users.names)
    # More than the system takes for it.
    for number in range(2000):
        talker.send(Pm(id=f"m{number}", text=LONG))
    talker.receive_until(Users, lambda users: users.names == ("talker",))
    assert isinstance(talker.answer("m1999"), Ok)
    # Inside TLS this may be an end that was not announced.
    with suppress(ssl.SSLEOFError):
        slow.expect_closed()
    assert all(isinstance(message, Broadcast | Users) for message in slow.others)


def test_one_who_reads_well_is_not_taken_for_slow_however_much_is_said_at_once(serve: Serve, connect: Connect) -> None:
    address = serve().address
    talker = connect("talker", at=address)
    talker.send_octets(b"".join(frame(encode(Pm(id=f"m{number}", text="&" * 4096))) for number in range(100)))
    assert isinstance(talker.answer("m99"), Ok)
    talker.receive_until(Broadcast, lambda message: message.seq == 100)
    assert talker.numbers() == list(range(1, 100))


def test_half_closed_a_client_gets_its_answers(connect: Connect) -> None:
    """As a script does that sends everything, closes its side, and then reads."""
    anna = connect("anna")
    for number in range(200):
        anna.send(Pm(id=f"m{number}", text="Hello"))
    anna.socket.shutdown(socket.SHUT_WR)
    anna.expect_closed()
    answers = [message.re for message in anna.others if isinstance(message, Ok)]
    assert answers == [f"m{number}" for number in range(200)]
    assert anna.numbers() == list(range(1, 201))


def test_half_closed_behind_ex_it_gets_the_goodbye(connect: Connect) -> None:
    anna = connect("anna")
    anna.send(Pm(id="1", text="Hello"))
    anna.send(Ex(id="2"))
    anna.socket.shutdown(socket.SHUT_WR)
    assert anna.expect_bye("logout").re == "2"
    assert Ok in {type(message) for message in anna.others}


@pytest.mark.parametrize("name", ["anna", None], ids=["logged in", "not logged in"])
def test_a_dead_link_is_noticed_within_one_period(serve: Serve, connect: Connect, name: str | None) -> None:
    peer = connect(name, at=serve(ping_every=0.8).address)
    came: list[Message] = []
    while not came or not isinstance(came[-1], Bye):
        came.append(peer.receive())
    said = [message for message in came if isinstance(message, Ping | Bye)]
    assert [message.element for message in said] == ["ping", "bye"]
    assert came[-1] == said[-1]
    peer.expect_closed()
