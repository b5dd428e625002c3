"""Every invalid example of the schema that a client can send, sent to a real server, and those of a moderator.

Each gets its own code, and the same connection then goes on, but for those that have to close it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from schema.messages import Error, Message, Pm
from server.service import Service
from tests.conftest import Connect, Serve
from tests.examples import EXAMPLES, Example, octet_by_octet
from tests.peer import Peer
from tests.server.people import appoint, register

REFUSED = [example for example in EXAMPLES if not example.valid and example.sender.value == "client"]
SURVIVED = [example for example in REFUSED if not example.closes]
CLOSING = [example for example in REFUSED if example.closes]

#: In what state of the conversation the examples arrive.
STATES = pytest.mark.parametrize("name", [None, "anna"], ids=["before the login", "after the login"])


@pytest.fixture
def patient(serve: Serve) -> Service:
    """A server that takes any number of refused documents."""
    return serve(refusals=len(REFUSED) + 1)


def whole(example: Example) -> bytes:
    """The example as a client sends it. A file that stands for a frame too large holds only the beginning of it."""
    length = int.from_bytes(example.stream[:4], "big")
    return example.stream if example.closes else example.stream.ljust(length, b"x")


def code(peer: Peer, example: Example) -> tuple[str, str | None]:
    """What the example is answered with."""
    peer.send_octets(whole(example))
    error = peer.receive_until(Error)
    return error.code, error.at


def test_there_are_enough_of_them() -> None:
    assert len(SURVIVED) >= 40
    assert len(CLOSING) >= 5


@STATES
def test_each_is_refused_with_its_code_and_the_connection_goes_on(
    patient: Service, connect: Connect, name: str | None
) -> None:
    peer, witness = connect(name, at=patient.address), connect("witness", at=patient.address)
    peer.sync()
    witness.sync()
    for example in SURVIVED:
        assert code(peer, example) == (example.code, example.at), example
        assert peer.sync() == [], f"{example}: more than one answer"
    if name is None:
        peer.login("anna")
    seq = peer.publish(Pm(id="after", text="Still here"))
    assert seq == 1
    assert [message.element for message in witness.sync() if message.element != "users"] == ["broadcast"]


@STATES
@pytest.mark.parametrize("example", CLOSING, ids=str)
def test_what_is_no_frame_is_answered_and_closes_this_connection_alone(
    connect: Connect, name: str | None, example: Example
) -> None:
    peer, witness = connect(name), connect("witness")
    assert code(peer, example) == (example.code, example.at)
    assert not peer.expect_bye(str(example.code)).reconnect
    assert witness.sync() is not None
    assert witness.publish(Pm(id="after", text="Still here")) == 1


@STATES
def test_octet_by_octet_they_get_the_same(patient: Service, connect: Connect, name: str | None) -> None:
    """A few of them: the framing's own tests do it with all."""
    peer = connect(name, at=patient.address)
    for example in SURVIVED[:10]:
        for octet in octet_by_octet(example.stream):
            peer.send_octets(octet)
        assert peer.receive_until(Error).code == example.code


def test_all_in_one_go_each_is_answered_in_order(patient: Service, connect: Connect) -> None:
    peer = connect("anna", at=patient.address)
    peer.send_octets(b"".join(map(whole, SURVIVED)))
    assert [peer.receive_until(Error).code for _ in SURVIVED] == [example.code for example in SURVIVED]
    assert all(message.element == "users" for message in peer.sync())


def test_too_many_of_them_end_the_connection_after_its_own_answer(serve: Serve, connect: Connect) -> None:
    peer = connect("anna", at=serve(refusals=20).address)
    peer.send_octets(SURVIVED[0].stream * 200)
    bye = peer.expect_bye("too-many-errors")
    assert not bye.reconnect
    errors = [message.code for message in peer.others if isinstance(message, Error)]
    assert errors[-1] == "too-many-errors"
    # Time may have passed and given a few more; each of them had its own answer.
    assert set(errors[:-1]) == {SURVIVED[0].code}
    assert len(errors) >= 22


#: What each valid example of moderation is answered with when a moderator sends it, and what mallory hears of it.
MODERATION = {
    "kick.xml": ("ok", "bye kicked"),
    "kick-without-reason.xml": ("ok", "bye kicked"),
    "mute.xml": ("ok", "notice muted"),
    "mute-for-good.xml": ("ok", "notice muted"),
    "unmute.xml": ("ok", None),
    "ban.xml": ("ok", "bye banned"),
    "ban-address.xml": ("ok", None),
    "ban-network.xml": ("ok", None),
    "unban.xml": ("ok", None),
    "unban-address.xml": ("ok", None),
    "announce.xml": ("ok", "notice announcement"),
    "list-sanctions.xml": ("sanctions", None),
    "list-what-is-to-come.xml": ("error unknown-list", None),
}


def word(message: Message) -> str:
    return " ".join(filter(None, (message.element, getattr(message, "code", None))))


def test_every_example_of_moderation_is_among_them() -> None:
    elements = ("kick", "mute", "unmute", "ban", "unban", "announce")
    assert {str(one) for one in EXAMPLES if one.valid and one.element in elements} <= {*MODERATION}


@pytest.mark.parametrize("name", MODERATION)
def test_an_example_of_moderation_is_answered_in_its_own_way(
    serve: Serve, connect: Connect, data: Path, name: str
) -> None:
    register(data, "mod", "mallory")
    appoint(data, "mod", "moderator")
    address = serve().address
    mod, mallory = connect("mod", at=address), connect("mallory", at=address)
    [example] = [one for one in EXAMPLES if str(one) == name]
    answered, heard = MODERATION[name]
    mod.send_octets(example.stream)
    assert word(mod.receive_until(Message, lambda message: getattr(message, "re", None) is not None)) == answered
    if heard is not None and heard.startswith("bye"):
        mallory.expect_bye(heard.partition(" ")[2])
    else:
        told = [word(message) for message in mallory.sync() if message.element not in ("users", "welcome")]
        assert told == ([heard] if heard else [])
    assert mod.publish(Pm(id="after", text="Still here")) == 1
