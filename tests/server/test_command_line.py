"""The server as a process: what an operator sees of it."""

from __future__ import annotations

import json
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from schema.messages import Pm
from schema.tls import client_context
from tests.certificates import Certified
from tests.conftest import ROOT, Connect, ServerProcess, StartServer
from tests.peer import PATIENCE, Peer
from tests.server.people import accounts_in

#: The server's own promise; a busy machine may be slower, so only what would never end is a failure of the test.
STOPS_WITHIN = 5.0


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)


def fails(status: int, *arguments: str) -> str:
    """Runs a server that cannot start, and returns what it says: one sentence."""
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (status, ""), ended.stderr
    [sentence] = ended.stderr.splitlines()
    assert sentence.startswith("xmlchat: ")
    return sentence


@pytest.fixture
def anna(data: Path) -> str:
    """A user of this name and of the password that peers use, whose hash is cheap."""
    data.mkdir(0o700)
    with accounts_in(data) as accounts:
        accounts.register("anna", "correct horse")
    return "anna"


def test_the_first_line_says_where_it_listens(server_process: ServerProcess, connect: Connect) -> None:
    assert server_process.first_line == "listening on {}:{}\n".format(*server_process.address)
    assert connect(at=server_process.address).greeting is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_and_every_client_is_told(
    number: signal.Signals, anna: str, server_process: ServerProcess, connect: Connect
) -> None:
    peers = [connect(anna, at=server_process.address), connect(at=server_process.address)]
    began = time.monotonic()
    assert server_process.stop(number) == 0
    assert time.monotonic() - began < STOPS_WITHIN
    for peer in peers:
        assert peer.expect_bye("shutdown").reconnect
    assert server_process.process.stdout is not None
    assert server_process.process.stdout.read() == ""
    assert "Traceback" not in server_process.log
    assert server_process.log.splitlines()[-1].endswith(" stopped")


def test_it_stops_once_however_many_signals_come(server_process: ServerProcess) -> None:
    for _ in range(300):
        server_process.process.send_signal(signal.SIGTERM)
        server_process.process.send_signal(signal.SIGINT)
    assert server_process.process.wait(PATIENCE) == 0
    assert "Traceback" not in server_process.log


def test_what_was_said_before_it_stopped_is_there_when_it_starts_again(
    anna: str, start_server: StartServer, connect: Connect
) -> None:
    first = start_server()
    assert connect(anna, at=first.address).publish(Pm(id="1", text="Hello")) == 1
    assert first.stop() == 0
    second = start_server()
    assert connect(at=second.address).login(anna).seq == 1


def test_what_was_answered_is_there_after_the_process_was_killed(
    anna: str, start_server: StartServer, connect: Connect
) -> None:
    first = start_server()
    assert connect(anna, at=first.address).publish(Pm(id="1", text="Hello")) == 1
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    assert connect(at=start_server().address).login(anna).seq == 1


def test_a_port_in_use_is_one_sentence(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"127.0.0.1:{port}" in fails(69, "--data", str(data), "--port", port)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 70, "a..b", "256.0.0.1"])
def test_a_host_that_is_none_is_one_sentence(data: Path, host: str) -> None:
    assert host in fails(69, "--data", str(data), "--port", "0", "--host", host)


@pytest.mark.parametrize("name", ["accounts.db", "messages.db"])
def test_a_broken_file_is_one_sentence(data: Path, name: str) -> None:
    data.mkdir()
    (data / name).write_bytes(b"broken" * 1000)
    (data / name).chmod(0o600)
    assert name in fails(65, "--data", str(data), "--port", "0")


def test_accounts_that_others_may_read_are_one_sentence(anna: str, data: Path) -> None:
    (data / "accounts.db").chmod(0o644)
    assert "chmod 600" in fails(77, "--data", str(data), "--port", "0")


def test_a_data_folder_that_cannot_be_written_is_one_sentence(data: Path) -> None:
    data.write_text("a file")
    assert str(data) in fails(73, "--data", str(data), "--port", "0")


def test_a_second_server_on_the_same_folder_is_one_sentence(server_process: ServerProcess, data: Path) -> None:
    assert "Another server" in fails(73, "--data", str(data), "--port", "0")
    with Peer.at(server_process.address) as peer:
        assert peer.sync() == []


@pytest.mark.parametrize("there", [True, False], ids=["a file that is there", "a folder that is not"])
def test_a_capture_that_cannot_be_made_is_one_sentence(data: Path, tmp_path: Path, there: bool) -> None:
    capture = tmp_path / "one.capture" if there else tmp_path / "nowhere" / "one.capture"
    if there:
        capture.write_text("mine")
    assert str(capture) in fails(73, "--data", str(data), "--port", "0", "--capture", str(capture))
    assert not there or capture.read_text() == "mine"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "65536"],
        ["--port", "-1"],
        ["--port", "seven"],
        ["--users-every", "0"],
        ["--users-every", "often"],
        ["--ping-every", "nan"],
        ["--log-format", "xml"],
        ["--password", "x"],
        ["more"],
    ],
    ids=" ".join,
)
def test_bad_usage_says_what_is_wrong_and_nothing_of_how_we_are_built(arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert arguments[-1] in ended.stderr
    assert " _" not in ended.stderr


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_an_ipv6_address_stands_in_brackets(start_server: StartServer, certified: Certified, connect: Connect) -> None:
    server = start_server("--host", "::1", *certified.options)
    assert server.first_line == f"listening on [::1]:{server.address[1]}\n"
    assert connect(at=server.tls_address, tls=certified.trusting()).greeting is not None
    assert connect(at=server.address).greeting is not None
    assert "address=[::1]:" in server.log


def test_other_machines_without_tls_are_one_sentence_with_both_ways_out(data: Path) -> None:
    said = fails(2, "--data", str(data), "--port", "0", "--host", "0.0.0.0")
    assert "--tls-port" in said
    assert "--insecure-bind" in said


def test_with_tls_other_machines_reach_that_and_nothing_else(start_server: StartServer, certified: Certified) -> None:
    server = start_server("--host", "0.0.0.0", *certified.options)
    assert server.address[0] == "127.0.0.1"
    assert server.tls_address[0] == "0.0.0.0"


def test_meant_without_tls_it_listens_for_all(start_server: StartServer) -> None:
    assert start_server("--host", "0.0.0.0", "--insecure-bind").address[0] == "0.0.0.0"


@pytest.mark.parametrize(
    ("changed", "status", "named"),
    [("cert", 78, "cert"), ("key", 78, "key"), ("mode", 77, "key"), ("left out", 78, None)],
)
def test_a_certificate_that_cannot_be_used_is_one_sentence(
    data: Path, certified: Certified, changed: str, status: int, named: str | None
) -> None:
    options = list(certified.options)
    match changed:
        case "mode":
            certified.key.chmod(0o644)
        case "left out":
            options = options[:-2]
        case _:
            getattr(certified, changed).unlink()
    said = fails(status, "--data", str(data), "--port", "0", *options)
    assert (str(getattr(certified, named)) if named else "--tls-key") in said


def test_a_certificate_made_by_it_serves_it(tmp_path: Path, start_server: StartServer, connect: Connect) -> None:
    made = run("cert", str(tmp_path / "tls"))
    assert (made.returncode, made.stderr) == (0, "")
    folder = tmp_path / "tls"
    files = ("--tls-cert", str(folder / "server.pem"), "--tls-key", str(folder / "server.key"))
    server = start_server("--tls-port", "0", *files)
    assert connect(at=server.tls_address, tls=client_context(folder / "ca.pem")).greeting is not None


def test_help_is_quick_since_it_loads_nothing_that_is_not_needed() -> None:
    program = (
        "import sys\nfrom server.command_line import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as ended:\n    assert ended.code == 0\n"
        "print(sorted({'lxml', 'sqlite3', 'argon2', 'defusedxml', 'cryptography', 'ssl'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    *shown, loaded = ended.stdout.splitlines()
    assert loaded == "[]"
    options = ("--host", "--port", "--tls-port", "--insecure-bind", "--data", "--capture", "--log-format", "cert DIR")
    for option in options:
        assert any(option in line for line in shown)


def test_with_json_every_line_of_the_log_is_an_object(anna: str, start_server: StartServer, connect: Connect) -> None:
    server = start_server("--log-format", "json")
    peer = connect(anna, at=server.address)
    assert peer.refused(Pm(id="1", text="")) == "empty-text"
    assert server.stop() == 0
    events = [json.loads(line) for line in server.log.splitlines()]
    assert [event["event"] for event in events] == ["started", "connected", "login", "refused", "closed", "stopped"]
    assert events[2]["user"] == "anna"
    assert events[3]["code"] == "empty-text"
    assert events[4]["reason"] == "shutdown"
    assert all(event["time"].endswith("Z") for event in events)


def test_what_the_options_say_reaches_the_server(
    anna: str, start_server: StartServer, connect: Connect, tmp_path: Path
) -> None:
    capture = tmp_path / "talk.capture"
    server = start_server("--users-every", "0.1", "--capture", str(capture))
    peer = connect(anna, at=server.address)
    lists = 0
    while lists < 3:
        lists += peer.receive().element == "users"
    assert server.stop() == 0
    assert capture.read_bytes().startswith(b"xmlchat-capture 1\n")
    assert capture.stat().st_mode & 0o777 == 0o600


def test_a_password_costs_what_the_configuration_says(start_server: StartServer, connect: Connect, data: Path) -> None:
    connect("anna", at=start_server(program="server").address)
    with closing(sqlite3.connect(data / "accounts.db")) as accounts:
        [(known,)] = accounts.execute("SELECT hash FROM account")
    assert known.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux to see the limits of another process")
def test_a_server_that_crashes_leaves_no_dump_with_passwords_in_it(server_process: ServerProcess) -> None:
    """With the limit of one octet the system makes none."""
    assert resource.prlimit(server_process.pid, resource.RLIMIT_CORE)[0] in (0, 1)


def test_who_may_register_is_said_on_the_command_line(start_server: StartServer, connect: Connect) -> None:
    greeting = connect(at=start_server("--registration", "closed").address).greeting
    assert greeting is not None
    assert greeting.registration == "closed"
