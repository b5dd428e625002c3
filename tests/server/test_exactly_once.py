"""What is sent again is answered as the first time and not posted again."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from schema.codec import encode
from schema.framing import frame
from schema.messages import (
    Broadcast,
    Command,
    Direct,
    Dm,
    History,
    Join,
    Message,
    Ok,
    Page,
    Part,
    Pm,
    Resumed,
)
from tests.conftest import Connect, StartServer
from tests.peer import Peer
from tests.server.people import register

COMMANDS = pytest.mark.parametrize(
    "command", [Pm(id="20", text="Hello"), Dm(id="20", to="ben", text="Hello")], ids=lambda command: command.element
)


def said(ok: Message) -> tuple[int | None, str | None]:
    """Number and time of what an ok says was posted."""
    assert isinstance(ok, Ok)
    return ok.seq, ok.time


def kept(resumed: Peer) -> list[int]:
    """The numbers of all that one gets who has asked for everything."""
    resumed.receive_until(Resumed)
    return resumed.numbers()


@COMMANDS
def test_on_a_new_connection(connect: Connect, command: Command) -> None:
    connect("ben")
    first = connect("anna", client="desk")
    ok = first.ask(command)
    assert isinstance(ok, Ok)
    first.close()
    again = connect("anna", client="desk")
    assert again.ask(command) == ok
    assert again.ask(command) == ok
    assert kept(connect("anna", since=0)) == [ok.seq]


@COMMANDS
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_after_a_restart(
    start_server: StartServer, connect: Connect, data: Path, command: Command, ending: signal.Signals
) -> None:
    register(data, "anna", "ben")
    server = start_server()
    ok = connect("anna", at=server.address, client="desk").ask(command)
    assert isinstance(ok, Ok)
    server.stop(ending)
    again = start_server()
    assert connect("anna", at=again.address, client="desk").ask(command) == ok
    assert kept(connect("anna", at=again.address, since=0)) == [ok.seq]


def test_what_kind_it_was_is_kept_across_a_restart(start_server: StartServer, connect: Connect, data: Path) -> None:
    register(data, "anna", "ben")
    server = start_server()
    waves = Pm(id="20", text="waves", kind="action")
    winks = Dm(id="21", to="ben", text="winks", kind="not-known-yet")
    anna = connect("anna", at=server.address, client="desk")
    first, second = said(anna.ask(waves)), said(anna.ask(winks))
    server.stop(signal.SIGKILL)
    again = start_server()
    anna = connect("anna", at=again.address, client="desk")
    assert [said(anna.ask(waves)), said(anna.ask(winks))] == [first, second]
    ben = connect("ben", at=again.address, since=0)
    ben.receive_until(Resumed)
    found = [message for message in ben.others if isinstance(message, Broadcast | Direct)]
    assert [(message.seq, message.time, message.kind) for message in found] == [
        (*first, "action"),
        (*second, "not-known-yet"),
    ]
    assert ben.ask(History(id="h")) == Page(re="h", more=False, broadcasts=(found[0],))  # type: ignore[arg-type]
    assert ben.ask(History(id="i", user="anna")) == Page(re="i", more=False, directs=(found[1],))  # type: ignore[arg-type]


@COMMANDS
def test_many_times_in_one_go(connect: Connect, command: Command) -> None:
    """They may meet in one batch of the journal, or in several."""
    connect("ben")
    anna = connect("anna", client="desk")
    anna.send_octets(frame(encode(command)) * 50)
    answers = [anna.answer("20") for _ in range(50)]
    assert set(answers) == {Ok(re="20", seq=1, time=getattr(answers[0], "time", ""))}
    assert kept(connect("anna", since=0)) == [1]


def test_those_in_the_room_hear_it_once(connect: Connect) -> None:
    witness, first, second = connect("witness"), connect("anna", client="desk"), connect("anna", client="desk")
    for anna in (first, second):
        anna.publish(Pm(id="20", text="Hello"))
    assert second.publish(Pm(id="21", text="And more")) == 2
    for peer in (witness, first, second):
        assert [message.seq for message in peer.sync() if isinstance(message, Broadcast)] == [1, 2]


@pytest.mark.parametrize("left", ["parted", "vanished"])
def test_into_a_room_that_was_left_meanwhile(connect: Connect, left: str) -> None:
    ben, anna = connect("ben"), connect("anna", client="desk")
    anna.ask(Join(id="1", room="tea"))
    if left == "parted":
        ben.ask(Join(id="1", room="tea"))
    ok = anna.ask(Pm(id="20", room="tea", text="Hello"))
    anna.ask(Part(id="2", room="tea"))
    assert anna.ask(Pm(id="20", room="tea", text="Hello")) == ok
    # What was not posted before is refused as ever.
    assert anna.refused(Pm(id="21", room="tea", text="?")) == ("not-in-room" if left == "parted" else "no-such-room")


@pytest.mark.parametrize(
    ("user", "client"), [("ben", "desk"), ("anna", "phone"), ("anna", None)], ids=["user", "device", "no device"]
)
def test_the_same_id_of_somebody_else_is_another_message(connect: Connect, user: str, client: str | None) -> None:
    assert connect("anna", client="desk").publish(Pm(id="20", text="Hello")) == 1
    assert connect(user, client=client).publish(Pm(id="20", text="Hello")) == 2


def test_without_a_device_nothing_is_remembered(connect: Connect) -> None:
    anna = connect("anna")
    assert [anna.publish(Pm(id="20", text="Hello")) for _ in range(3)] == [1, 2, 3]


def test_the_id_counts_and_not_what_is_said(connect: Connect) -> None:
    anna = connect("anna", client="desk")
    assert anna.publish(Pm(id="20", text="Hello")) == 1
    assert anna.publish(Pm(id="20", text="Something else")) == 1
    assert anna.publish(Pm(id="21", text="Hello")) == 2


def test_what_was_refused_is_not_remembered(connect: Connect) -> None:
    anna = connect("anna", client="desk")
    assert anna.refused(Pm(id="20", room="tea", text="Hello")) == "no-such-room"
    assert anna.refused(Dm(id="21", to="ben", text="Hello")) == "no-such-user"
    anna.ask(Join(id="1", room="tea"))
    connect("ben")
    assert anna.publish(Pm(id="20", room="tea", text="Hello")) == 1
    assert anna.publish(Dm(id="21", to="ben", text="Hello")) == 2
