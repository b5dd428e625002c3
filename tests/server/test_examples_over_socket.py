"""Every invalid example of the schema that a client can send, sent to a real server.

Each gets its own code, and the same connection then goes on, but for those that have to close it.
"""

from __future__ import annotations

import pytest

from schema.messages import Error, Pm
from server.service import Service
from tests.conftest import Connect, Serve
from tests.examples import EXAMPLES, Example, octet_by_octet
from tests.peer import Peer

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
