"""The command between real clients and a real server; what is shown is the business of the parts it is made of."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest

from schema.framing import frame
from schema.messages import Error, Ping, Pm
from schema.tools.command_line import main
from server.service import Service
from tests.certificates import Certified
from tests.client.processes import talk
from tests.conftest import Connect, Serve
from tests.schema.tools.tap_processes import TapProcess

Terminal = pytest.CaptureFixture[str]

SECRET = "correct horse battery"


def test_between_a_client_and_a_server_it_sees_everything_and_changes_nothing(
    service: Service, tmp_path: Path, connect: Connect
) -> None:
    """One process for all of it: a good client, a bad document, a bad length, and the record of them."""
    record = tmp_path / "talk.capture"
    with TapProcess(tmp_path, service.address, "--record", str(record)) as tap:
        with connect("alice", at=tap.address, password=SECRET) as alice:
            alice.publish(Pm(id="first", text="Grüß dich"))
            alice.send_octets(frame(b'<pm xmlns="urn:xmlchat:1" id="bad" room="Tea"><text>Milk?</text></pm>'))
            refused = alice.answer("bad")
            alice.sync()
        with connect(at=tap.address) as stranger:
            stranger.send_octets(b"GET / HTTP/1.1\r\n\r\n")
            stranger.expect_bye("not-a-frame")
        status, shown, errors = tap.stop()
    assert isinstance(refused, Error)
    assert refused.code == "invalid"
    assert (status, errors) == (1, "")
    lines = shown.splitlines()
    assert SECRET not in shown
    assert SECRET.encode() not in record.read_bytes()
    assert any(line.endswith("pm id=first: Grüß dich") and "1  -->" in line for line in lines)
    at = next(at for at, line in enumerate(lines) if 'room="Tea"' in line)
    assert lines[at + 1].startswith("  1:36  error  XC608 wrong-value: The attribute 'room' is 'Tea'")
    at = next(at for at, line in enumerate(lines) if "4 octets, not a document" in line)
    assert "XC201 not-a-frame" in lines[at + 1]
    assert lines[-1].endswith("from the server; XC201 not-a-frame 1, XC608 wrong-value 1")
    assert main(["validate", "--select", "XC6,XC7", str(record)]) == 1
    assert main(["validate", "--ignore", "XC204,XC608", str(record)]) == 0


@pytest.mark.heavy
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_conversation_without_fault_ends_with_0(number: signal.Signals, service: Service, tmp_path: Path) -> None:
    with TapProcess(tmp_path, service.address, "--format", "ndjson") as tap:
        done = talk(tap.address, "--user", "anna", "--register", typed="Hello\n", password=SECRET)
        status, shown, errors = tap.stop(number)
    assert (done.returncode, status, errors) == (0, 0, "")
    said = [json.loads(line) for line in shown.splitlines()]
    assert [one["message"]["text"] for one in said if one.get("message", {}).get("type") == "pm"] == ["Hello"]
    assert said[-1]["type"] == "summary"
    assert said[-1]["findings"] == {}
    assert SECRET not in shown


@pytest.mark.heavy
def test_it_ends_while_clients_are_connected_and_cuts_them(service: Service, tmp_path: Path, connect: Connect) -> None:
    with TapProcess(tmp_path, service.address) as tap, connect("alice", at=tap.address) as alice:
        alice.ask(Ping(id="there"))
        status, shown, _ = tap.stop()
        alice.expect_closed()
    assert status == 0
    assert shown.splitlines()[-2].endswith("1  ===  cut")


@pytest.mark.heavy
def test_where_the_server_is_gone_it_says_so_and_ends_with_3(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with TapProcess(tmp_path, bound.getsockname()) as tap:
            with pytest.raises(ConnectionResetError), socket.create_connection(tap.address) as client:
                client.recv(9)
            status, shown, _ = tap.stop()
    assert status == 3
    assert "and not passed on: Nobody answers at 127.0.0.1:" in shown
    assert shown.endswith("0 from clients, 0 from the server, 1 connection not passed on; nothing found\n")


@pytest.mark.heavy
def test_a_server_inside_tls_can_be_looked_at(
    serve: Serve, certified: Certified, tmp_path: Path, connect: Connect
) -> None:
    service = serve(**certified.settings)
    assert service.tls_address is not None
    options = ("--tls", "--ca", str(certified.ca))
    with TapProcess(tmp_path, service.tls_address, *options) as tap:
        with connect("alice", at=tap.address) as alice:
            alice.publish(Pm(id="first", text="Hello"))
        status, shown, _ = tap.stop()
    assert status == 0
    assert "pm id=first: Hello" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--listen", "here", "--connect", "x:1"], "'here' is not HOST:PORT"),
        (["--listen", ":0", "--connect", "::1:7700"], "'::1:7700' is not HOST:PORT"),
        (["--listen", ":0", "--connect", ":7700"], "--connect names no host"),
        (["--listen", ":0", "--connect", "x:1", "--ca", "x"], "--ca is for --tls"),
        (["--listen", ":0", "--connect", "x:1", "--pretty", "--format", "ndjson"], "--pretty is for --format text"),
    ],
)
def test_a_wrong_command_line_ends_with_2(arguments: list[str], said: str, capsys: Terminal) -> None:
    assert main(["tap", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"python -m schema tap: {said}")


def test_what_cannot_be_begun_ends_with_3(tmp_path: Path, capsys: Terminal) -> None:
    there = tmp_path / "there"
    there.write_bytes(b"")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = f"127.0.0.1:{listening.getsockname()[1]}"
        for arguments, said in (
            (["--listen", taken, "--connect", "127.0.0.1:1"], f"cannot listen on {taken}: Address already in use"),
            (["--listen", ":0", "--connect", f"{'a' * 64}.example:1"], "is not known"),
            (["--listen", ":0", "--connect", "127.0.0.1:1", "--record", str(there)], "cannot be made: File exists"),
            (["--listen", ":0", "--connect", "127.0.0.1:1", "--tls", "--ca", str(there)], f"{there} cannot be read"),
        ):
            assert main(["tap", *arguments]) == 3
            assert said in capsys.readouterr().err
