"""Clients that vanish in every way there is: their user leaves the list once, and nobody else notices anything."""

from __future__ import annotations

import signal
import subprocess
import sys
from itertools import pairwise

import pytest

from schema.codec import encode
from schema.framing import frame
from schema.limits import MAX_DOCUMENT
from schema.messages import Broadcast, Login, Message, Pm, Users
from server.service import Service
from tests import cuts
from tests.conftest import ROOT, Connect, Serve
from tests.peer import PATIENCE, Peer

LOGIN = frame(encode(Login(id="1", name="anna", password="correct horse", register=True)))
PM = frame(encode(Pm(id="2", text="Grüße an alle")))

#: Whether the end comes as a FIN, in good order, or as a RST, as from a machine that has forgotten the connection.
ENDS = pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])


def hang_up(peer: Peer, *, reset: bool) -> None:
    if reset:
        cuts.reset(peer.socket)
    peer.close()


def lists(messages: list[Message]) -> list[tuple[str, ...]]:
    assert all(isinstance(message, Users) for message in messages), messages
    return [message.names for message in messages if isinstance(message, Users)]


def left(witness: Peer, name: str) -> list[tuple[str, ...]]:
    """The lists that the witness is sent until a user is gone, and those that come after it."""
    came: list[Message] = [witness.receive_until(Users, lambda users: name not in users.names)]
    return lists(came + witness.sync())


@ENDS
def test_a_login_cut_at_any_octet_logs_nobody_in(connect: Connect, reset: bool) -> None:
    witness = connect("witness")
    witness.sync()
    for cut in range(len(LOGIN)):
        peer = connect()
        peer.send_octets(LOGIN[:cut])
        hang_up(peer, reset=reset)
    assert witness.sync() == []
    # The name is still free.
    assert connect("anna").sync() is not None
    assert lists(witness.sync()) == [("anna", "witness")]


@ENDS
def test_a_message_cut_at_any_octet_is_not_sent_and_its_author_leaves_once(connect: Connect, reset: bool) -> None:
    witness = connect("witness")
    witness.sync()
    for cut in range(len(PM)):
        anna = connect("anna")
        witness.receive_until(Users, lambda users: "anna" in users.names)
        assert lists(witness.sync()) == []
        anna.send_octets(PM[:cut])
        hang_up(anna, reset=reset)
        assert left(witness, "anna") == [("witness",)], f"cut after {cut} octets"


@ENDS
def test_cut_in_a_frame_that_is_skipped_the_author_leaves_once(connect: Connect, reset: bool) -> None:
    witness, anna = connect("witness"), connect("anna")
    witness.sync()
    anna.send_octets((MAX_DOCUMENT + 100).to_bytes(4, "big") + b"x" * 1000)
    hang_up(anna, reset=reset)
    assert left(witness, "anna") == [("witness",)]


@ENDS
def test_whoever_hangs_up_behind_a_message_has_still_said_it(connect: Connect, reset: bool) -> None:
    """The octets were all there before the end; only a reset may overtake them."""
    witness, anna = connect("witness"), connect("anna")
    witness.sync()
    anna.send_octets(PM)
    hang_up(anna, reset=reset)
    witness.receive_until(Users, lambda users: users.names == ("witness",))
    assert witness.texts() == ["Grüße an alle"] or reset


def test_a_client_that_is_killed_leaves_once(service: Service, connect: Connect) -> None:
    witness = connect("witness")
    witness.sync()
    program = (
        "import sys\nfrom tests.peer import Peer\n"
        f"peer = Peer.at({service.address!r})\npeer.login('anna')\nprint('here', flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == "here\n"
        witness.receive_until(Users, lambda users: "anna" in users.names)
        client.send_signal(signal.SIGKILL)
        assert client.wait(PATIENCE) == -signal.SIGKILL
    assert left(witness, "anna") == [("witness",)]


@ENDS
def test_whoever_vanishes_while_much_is_sent_to_them_leaves_once(connect: Connect, reset: bool) -> None:
    witness, talker = connect("witness"), connect("talker")
    anna = connect("anna")
    witness.sync()
    for number in range(200):
        talker.send(Pm(id=f"m{number}", text="x" * 1000))
        if number == 100:
            hang_up(anna, reset=reset)
    for number in range(200):
        talker.answer(f"m{number}")
    witness.receive_until(Users, lambda users: "anna" not in users.names)
    came = witness.sync()
    assert len([message for message in came if isinstance(message, Broadcast)]) == 200
    assert lists([message for message in came if not isinstance(message, Broadcast)]) == []


@ENDS
def test_half_of_twenty_vanish_at_once_and_the_others_see_it(connect: Connect, reset: bool) -> None:
    peers = {f"user-{number:02}": connect(f"user-{number:02}") for number in range(20)}
    staying = {name: peer for name, peer in peers.items() if int(name[-2:]) % 2}
    for peer in staying.values():
        peer.sync()
    for name, peer in peers.items():
        if name not in staying:
            hang_up(peer, reset=reset)
    for peer in staying.values():
        told = [set(peers)]
        while told[-1] != set(staying):
            told.append(set(peer.receive_until(Users).names))
        # Nobody comes back, and no list is sent for nothing.
        assert all(later < earlier for earlier, later in pairwise(told))
        assert peer.sync() == []


def test_a_user_with_two_connections_who_loses_one_is_still_there(connect: Connect) -> None:
    witness, desk, phone = connect("witness"), connect("anna"), connect("anna")
    witness.sync()
    hang_up(desk, reset=True)
    # The desk's end is settled when the phone's is: this is what the list after it shows.
    assert phone.publish(Pm(id="1", text="Still here")) == 1
    hang_up(phone, reset=True)
    witness.receive_until(Users, lambda users: users.names == ("witness",))
    assert witness.texts() == ["Still here"]
    assert lists([message for message in witness.sync() if message.element != "broadcast"]) == []


@ENDS
def test_each_leaves_one_line_in_the_log(
    serve: Serve, connect: Connect, capsys: pytest.CaptureFixture[str], reset: bool
) -> None:
    service = serve()
    anna = connect("anna", at=service.address)
    anna.send_octets(PM[:20])
    hang_up(anna, reset=reset)
    service.stop()
    [end] = [
        line for line in capsys.readouterr().err.splitlines() if "user=anna" in line and " registered " not in line
    ]
    assert " closed " in end
    assert end.rpartition("reason=")[2] in ("cut-in-frame", "reset", "shutdown")
