"""A capture of three clients, played to servers like the one it was made of, and to others."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schema.endpoint import endpoint
from schema.framing import frame
from schema.messages import Away, Dm, Ex, Join, Passwd, Pm, Users, Who
from schema.tools.command_line import main
from server.service import Service
from tests.certificates import Certified
from tests.conftest import Connect, Serve
from tests.conversation import Play
from tests.schema.tools.tap_processes import TapProcess
from tests.schema.tools.traffic import captured, chat, document, framed, recorded, segments, talk
from tests.test_conversations import SCRIPTS

Terminal = pytest.CaptureFixture[str]

SHORT = "1"


def replay(capture: Path, service: Service, *arguments: str) -> int:
    return main(["replay", str(capture), "--to", endpoint(*service.address), "--timeout", "10", *arguments])


def three_clients(connect: Connect, address: tuple[str, int]) -> None:
    """Messages of every kind, one that is refused, one that is not XML, a password changed, and one who just goes."""
    alice, bob, carol = (connect(name, at=address, client="desk") for name in ("alice", "bob", "carol"))
    carol.send_octets(frame(b"<pm"))
    carol.sync()
    for peer in (alice, bob):
        peer.ask(Join(id="join", room="tea"))
    # Several are on their way at once, so that the server chose their order.
    for number in range(5):
        for peer in (carol, bob, alice):
            peer.send(Pm(id=f"m{number}", text=f"{number} Grüße <&>", room=None if peer is carol else "tea"))
    for number in range(5):
        for peer in (alice, bob, carol):
            peer.answer(f"m{number}")
    alice.publish(Dm(id="dm", to="bob", text="only for you"))
    assert alice.refused(Dm(id="nobody", to="zoe", text="who?")) == "no-such-user"
    bob.ask(Away(id="away"))
    bob.ask(Passwd(id="new", old="correct horse", new="battery staple"))
    carol.close()
    alice.receive_until(Users, lambda users: users.names == ("alice", "bob"))
    again = connect(at=address)
    again.login("bob", "battery staple", client="sofa")
    again.ask(Who(id="who"))
    for peer in (again, bob, alice):
        peer.ask(Ex(id="ex"))
        peer.expect_closed()


#: The capture of the three clients, once it was recorded: it is the same for all tests.
_RECORDED: list[bytes] = []


@pytest.fixture
def capture(serve: Serve, connect: Connect, tmp_path: Path) -> Path:
    path = tmp_path / "talk.capture"
    if _RECORDED:
        path.write_bytes(_RECORDED[0])
        return path
    service = serve(data=tmp_path / "first", capture=path)
    three_clients(connect, service.address)
    service.stop()
    _RECORDED.append(path.read_bytes())
    return path


def test_on_a_fresh_server_everything_is_the_same(capsys: Terminal, capture: Path, serve: Serve) -> None:
    assert replay(capture, serve()) == 0, capsys.readouterr().out
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "passwords were invented for alice, bob, carol (--password-file gives others)"
    assert said[-1].endswith(" received, no difference")


def test_a_server_with_another_limit_is_told_from_it(capsys: Terminal, capture: Path, serve: Serve) -> None:
    assert replay(capture, serve(rooms=1), "--timeout", SHORT) == 1
    said = capsys.readouterr().out
    assert "frame 1  connection 1  the greeting\n  /greeting/limit[@name='rooms']/@value\n    expected  50\n" in said
    assert "the answer to join 'join' of frame" in said
    assert "    expected  ok re=join\n    got       error code=too-many-rooms action=cancel re=join" in said


def test_a_server_that_registers_nobody_is_told_from_it(capsys: Terminal, capture: Path, serve: Serve) -> None:
    assert replay(capture, serve(registration="closed"), "--timeout", SHORT, "--format", "ndjson") == 1
    *differences, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert differences[0] == {
        **{"type": "difference", "about": "greeting", "connection": 1, "frame": 1},
        **{"expected": differences[0]["expected"], "got": differences[0]["got"]},
        "changes": [{"at": "/greeting/@registration", "expected": "open", "got": "closed"}],
    }
    login = next(one for one in differences if one.get("command", {}).get("element") == "login")
    assert (login["expected"]["type"], login["got"]["code"]) == ("welcome", "wrong-password")
    assert summary["differences"] == len(differences)
    assert summary["passwords_invented"] == ["alice", "bob", "carol"]


def test_the_passwords_may_be_given(capture: Path, serve: Serve, connect: Connect, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text("alice:known to me\nbob:and: to me\n")
    service = serve()
    assert replay(capture, service, "--password-file", str(passwords)) == 0
    connect("alice", at=service.address, password="known to me")
    # It was changed in the course of it.
    connect("bob", at=service.address, password="and: to me+")
    connect("carol", at=service.address, password="replayed-carol")


def test_what_was_recorded_by_a_tap_can_be_played(
    capsys: Terminal, service: Service, serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    record = tmp_path / "record"
    with TapProcess(tmp_path, service.address, "--record", str(record)) as tap:
        three_clients(connect, tap.address)
        status, _, _ = tap.stop()
    assert status == 1
    assert replay(record, serve(data=tmp_path / "fresh")) == 0, capsys.readouterr().out


def test_packets_are_played_with_the_passwords_in_them(capsys: Terminal, serve: Serve, tmp_path: Path) -> None:
    packets = tmp_path / "talk.pcap"
    said = chat()
    said[1:2] = talk('C: <login id="1" name="alice" register="true"><password>as it was said</password></login>')
    packets.write_bytes(captured(segments(said)))
    assert replay(packets, serve()) == 1
    told = capsys.readouterr().out
    # The greeting of the tests has no limits, and its welcome does not say that the account is new.
    assert "the answer to login '1'" in told
    assert "a message" not in told
    assert "passwords were invented" not in told


def test_with_tls(capture: Path, serve: Serve, certified: Certified) -> None:
    service = serve(**certified.settings)
    assert service.tls_address is not None
    to = endpoint(*service.tls_address)
    assert main(["replay", str(capture), "--to", to, "--tls", "--ca", str(certified.ca)]) == 0


@pytest.mark.heavy
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_conversations_of_the_tests_come_out_the_same(
    capsys: Terminal, script: Path, serve: Serve, data: Path, tmp_path: Path
) -> None:
    """But for those in which the operator makes somebody a moderator, which no client says."""
    path = tmp_path / "talk.capture"
    service = serve(capture=path)
    Play(service.address, data).perform(script)
    service.stop()
    status = replay(path, serve(data=tmp_path / "fresh"), "--timeout", SHORT)
    appointed = " becomes " in script.read_text(encoding="utf-8")
    assert status == int(appointed), capsys.readouterr().out


def one_direction(said: Callable[[], list[tuple[Any, bytes]]], side: int) -> list[tuple[Any, bytes]]:
    sender = said()[side][0]
    return [one for one in said() if one[0] is sender]


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (recorded([]), "There is no document in it."),
        (b"", "It does not say on which connection"),
        (document('<ping id="1"/>'), "It does not say on which connection"),
        (framed(chat()), "It does not say on which connection"),
        (recorded(one_direction(chat, 1)), "Nothing that the server said is in it, so there is nothing to compare"),
        (recorded(one_direction(chat, 0)), "Nothing that a client said is in it, so there is nothing to play."),
        (captured(segments(chat())[3:]), "No connection in it is there from its first octet on"),
    ],
    ids=["empty", "nothing", "document", "stream", "client", "server", "midway"],
)
def test_what_cannot_be_played_gets_a_sentence(capsys: Terminal, octets: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(octets)
    assert main(["replay", str(path), "--to", "127.0.0.1:1"]) == 3
    assert capsys.readouterr().err.startswith(f"python -m schema replay: {path} cannot be played: {sentence}")


def test_what_is_not_there_ends_with_3(capsys: Terminal, capture: Path, tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert main(["replay", str(capture), "--to", endpoint(*bound.getsockname())]) == 3
    assert "Nobody answers at" in capsys.readouterr().err
    missing = str(tmp_path / "missing")
    for arguments in (
        [missing, "--to", "x:1"],
        [str(capture), "--to", "x:1", "--password-file", missing],
        [str(capture), "--to", "x:1", "--tls", "--ca", missing],
    ):
        assert main(["replay", *arguments]) == 3
        assert f"{missing} cannot be read: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "::1:1"], "'::1:1' is not HOST:PORT"),
        (["--to", ":1"], "--to names no host"),
        (["--to", "x:1", "--ca", "x"], "--ca is for --tls"),
    ],
)
def test_a_wrong_command_line_ends_with_2(capsys: Terminal, arguments: list[str], said: str) -> None:
    assert main(["replay", "x", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"python -m schema replay: {said}")
