"""`--config` and SIGHUP, as an operator sees them."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from schema.messages import Users
from tests.certificates import Certified
from tests.conftest import ROOT, Connect, ServerProcess, StartServer
from tests.peer import PATIENCE, Peer
from tests.server.people import register


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chat.toml"


def limits(peer: Peer) -> dict[str, int]:
    assert peer.greeting is not None
    return {limit.name: limit.value for limit in peer.greeting.limits}


def reload(server: ServerProcess, peer: Peer, word: str) -> None:
    """Sends SIGHUP and waits for what the server says about it; meanwhile it answers pings."""
    before = server.log.count(word)
    server.process.send_signal(signal.SIGHUP)
    for _ in range(100_000):
        if server.log.count(word) > before:
            return
        peer.sync()
    raise AssertionError(server.log)


def test_the_file_is_read_and_the_command_line_goes_before_it(
    file: Path, start_server: StartServer, connect: Connect
) -> None:
    file.write_text("rate = 7\nrooms = 9\nburst = 11\n")
    server = start_server("--config", str(file), "--rate", "8")
    said = limits(connect(at=server.address))
    assert (said["rate"], said["rooms"], said["burst"]) == (8, 9, 11)


def test_who_may_register_is_told_in_the_greeting(file: Path, start_server: StartServer, connect: Connect) -> None:
    file.write_text('registration = "invitation"\n')
    server = start_server("--config", str(file))
    peer = connect(at=server.address)
    assert peer.greeting is not None
    assert peer.greeting.registration == "invitation"
    file.write_text('registration = "closed"\n')
    reload(server, peer, "reloaded")
    after = connect(at=server.address).greeting
    assert after is not None
    assert after.registration == "closed"


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("userz_every = 10", "userz_every"),
        ('rate = "fast"', "rate"),
        ("keep_days = -1", "keep_days"),
        ("rate 7", "chat.toml"),
        (None, "chat.toml"),
    ],
    ids=["unknown", "type", "negative", "not toml", "not there"],
)
def test_a_file_that_is_wrong_is_one_sentence_and_its_own_status(
    file: Path, data: Path, said: str | None, named: str
) -> None:
    if said is not None:
        file.write_text(said)
    command = [sys.executable, "-m", "server", "--data", str(data), "--port", "0", "--config", str(file)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ended.returncode, ended.stdout) == (78, "")
    [sentence] = ended.stderr.splitlines()
    assert sentence.startswith("xmlchat: ")
    assert named in sentence
    assert not data.exists()


def test_reloaded_new_connections_keep_to_the_new_limits(
    file: Path, start_server: StartServer, connect: Connect
) -> None:
    file.write_text("rate = 7\n")
    server = start_server("--config", str(file))
    early = connect(at=server.address)
    file.write_text("rate = 8\naddress_connections = 2\nport = 1\n")
    reload(server, early, " reloaded")
    late = connect(at=server.address)
    assert (limits(early)["rate"], limits(late)["rate"]) == (7, 8)
    with pytest.raises(EOFError, match="too-many-connections"):
        connect(at=server.address)
    assert early.sync() == []
    assert server.stop() == 0


def test_reloaded_the_list_of_users_comes_as_often_as_it_says(
    file: Path, start_server: StartServer, connect: Connect, data: Path
) -> None:
    register(data, "anna")
    file.write_text("users_every = 3600\n")
    server = start_server("--config", str(file))
    anna = connect("anna", at=server.address)
    anna.receive_until(Users)
    file.write_text("users_every = 0.1\n")
    reload(server, anna, " reloaded")
    for _ in range(3):
        anna.receive_until(Users)


@pytest.mark.parametrize("broken", ["rate = ", "ratte = 9", "burst = 0", None])
def test_a_file_that_is_broken_when_it_is_read_again_changes_nothing(
    file: Path, start_server: StartServer, connect: Connect, broken: str | None
) -> None:
    file.write_text("rate = 7\n")
    server = start_server("--config", str(file))
    early = connect(at=server.address)
    if broken is None:
        file.unlink()
    else:
        file.write_text(f"rooms = 3\n{broken}")
    reload(server, early, "xmlchat: nothing was reloaded: ")
    said = limits(connect(at=server.address))
    assert (said["rate"], said["rooms"]) == (7, 50)
    # And the next one that is right is taken.
    file.write_text("rate = 9\n")
    reload(server, early, " reloaded")
    assert limits(connect(at=server.address))["rate"] == 9
    assert server.stop() == 0
    assert "Traceback" not in server.log


def serial(address: tuple[str, int], certified: Certified) -> int:
    """The number of the certificate that the server shows to one who connects now."""
    with (
        socket.create_connection(address, PATIENCE) as connected,
        certified.trusting().wrap_socket(connected, server_hostname=address[0]) as tls,
    ):
        shown = tls.getpeercert(binary_form=True)
        assert shown is not None
        return x509.load_der_x509_certificate(shown).serial_number


def test_reloaded_new_connections_get_the_new_certificate_and_the_old_ones_go_on(
    start_server: StartServer, connect: Connect, certified: Certified, tmp_path: Path, authority: trustme.CA
) -> None:
    server = start_server(*certified.options)
    address = server.tls_address
    early = connect(at=address, tls=certified.trusting())
    before = serial(address, certified)
    other = Certified(tmp_path, authority)
    for old, new in ((certified.cert, other.cert), (certified.key, other.key)):
        new.replace(old)
    reload(server, early, " reloaded")
    assert serial(address, certified) not in (before, 0)
    assert early.sync() == []
    assert early.login("anna").names == ("anna",)
    assert server.stop() == 0


@pytest.mark.parametrize("bad", ["key of another", "no certificate", "open to all"])
def test_reloaded_with_a_bad_certificate_the_old_one_stays_and_it_says_so(
    start_server: StartServer, connect: Connect, certified: Certified, tmp_path: Path, authority: trustme.CA, bad: str
) -> None:
    server = start_server(*certified.options)
    address = server.tls_address
    early = connect(at=address, tls=certified.trusting())
    before = serial(address, certified)
    if bad == "key of another":
        Certified(tmp_path, authority).key.replace(certified.key)
    elif bad == "no certificate":
        certified.cert.write_text("nothing")
    else:
        certified.key.chmod(0o644)
    reload(server, early, "xmlchat: nothing was reloaded: ")
    [said] = [line for line in server.log.splitlines() if line.startswith("xmlchat: ")]
    assert str(certified.cert if bad == "no certificate" else certified.key) in said
    assert serial(address, certified) == before
    assert early.sync() == []
    assert server.stop() == 0


def test_without_a_file_there_is_nothing_to_reload_and_nothing_ends(
    server_process: ServerProcess, connect: Connect
) -> None:
    peer = connect(at=server_process.address)
    reload(server_process, peer, " reloaded")
    assert peer.sync() == []
    assert server_process.stop() == 0
