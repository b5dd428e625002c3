"""What a client says of a server that it does not trust, from a server that is real or pretends."""

from __future__ import annotations

import contextlib
import datetime
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from client import Client, Disconnected, ServerFault, Unreachable, Unverified
from client.trust import BadAuthorities, trusting
from schema.tls import Tls, client_context, server_context
from tests.certificates import Certified
from tests.client.fake_server import GREETING, octets
from tests.conftest import Serve
from tests.peer import PATIENCE

LONG_AGO, YESTERDAY = datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2)
FAR, FARTHER = datetime.datetime(2100, 1, 1), datetime.datetime(2100, 1, 2)

Script = Callable[[socket.socket], None]


@contextmanager
def pretender(script: Script) -> Iterator[tuple[str, int]]:
    """Somebody who does this with whoever connects first; where."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            connected, _ = listening.accept()
            connected.settimeout(PATIENCE)
            with connected, contextlib.suppress(OSError):
                script(connected)
                while connected.recv(65_536):
                    pass

        thread = threading.Thread(target=run, name="pretender")
        thread.start()
        try:
            yield listening.getsockname()
        finally:
            thread.join()


def says(said: bytes) -> Script:
    return lambda connected: connected.sendall(said)


def closes(connected: socket.socket) -> None:
    connected.recv(1)
    connected.shutdown(socket.SHUT_RDWR)


def resets(connected: socket.socket) -> None:
    """What is not read when it closes makes it a reset."""
    connected.recv(1)
    connected.close()


@pytest.mark.parametrize(
    ("more", "host", "sentence"),
    [
        ({"not_before": LONG_AGO, "not_after": YESTERDAY}, "127.0.0.1", "has expired. Look whether"),
        ({"not_before": FAR, "not_after": FARTHER}, "127.0.0.1", "is not valid yet. Look whether"),
        ({}, "localhost", "is for another name. Give the name"),
        ({}, "127.0.0.1", None),
    ],
    ids=["expired", "not yet valid", "another name", "good"],
)
def test_a_certificate_that_is_not_right_says_what_to_do(
    serve: Serve,
    tmp_path: Path,
    authority: trustme.CA,
    more: dict[str, datetime.datetime],
    host: str,
    sentence: str | None,
) -> None:
    certified = Certified(tmp_path, authority, "127.0.0.1", **more)
    _, port = serve(**certified.settings).tls_address
    if sentence is None:
        with Client.connect(host, port, tls=certified.trusting()) as chat:
            assert chat.login("alice", "secret", register=True).registered
        return
    with pytest.raises(Unverified, match=rf"^The certificate of {host}:{port} {sentence}.*\.$"):
        Client.connect(host, port, tls=certified.trusting())


def test_another_address_is_another_name(serve: Serve, tmp_path: Path, authority: trustme.CA) -> None:
    certified = Certified(tmp_path, authority, "localhost", "10.0.0.1")
    address = serve(**certified.settings).tls_address
    with pytest.raises(Unverified, match="is for another address"):
        Client.connect(*address, tls=certified.trusting())


def test_whom_nobody_here_trusts(serve: Serve, certified: Certified) -> None:
    """An authority that is not the given one, and none of those that the system knows."""
    address = serve(**certified.settings).tls_address
    stranger = client_context()
    trustme.CA().configure_trust(stranger)
    for context in (stranger, client_context()):
        with pytest.raises(Unverified, match=r"is signed by nobody that is trusted here\. .* --ca"):
            Client.connect(*address, tls=context)


def test_a_port_without_tls_is_named_as_one(serve: Serve, certified: Certified) -> None:
    host, port = serve(**certified.settings).address
    with pytest.raises(ServerFault, match=f"^{host}:{port} speaks xmlchat without TLS"):
        Client.connect(host, port, tls=certified.trusting())


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"], ids=["HTTP", "SSH"])
def test_who_speaks_something_else_does_not_speak_tls(certified: Certified, said: bytes) -> None:
    with pretender(says(said)) as address, pytest.raises(ServerFault, match="does not speak TLS"):
        Client.connect(*address, tls=certified.trusting())


def test_a_server_that_can_only_old_versions_is_a_fault(certified: Certified) -> None:
    with (
        pretender(says(bytes.fromhex("15 03 01 00 02 02 46"))) as address,
        pytest.raises(ServerFault, match=r"There is no TLS with .*: tlsv1 alert protocol version"),
    ):
        Client.connect(*address, tls=certified.trusting())


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (closes, "ended the connection before TLS had begun"),
        (resets, "was lost before TLS had begun: Connection reset"),
        (says(b"\x16\x03"), "was lost before TLS had begun: timed out"),
    ],
    ids=["closes", "resets", "stops in the middle"],
)
def test_who_does_not_finish_may_do_so_later(certified: Certified, script: Script, sentence: str) -> None:
    with pretender(script) as address, pytest.raises(Unreachable, match=sentence):
        Client.connect(*address, tls=certified.trusting(), timeout=0.3)


def test_the_time_is_for_the_whole_handshake(certified: Certified) -> None:
    """Whoever sends a little now and then does not keep it waiting for ever."""
    gone = threading.Event()

    def script(connected: socket.socket) -> None:
        connected.sendall(b"\x16\x03\x03\x40\x00")
        while not gone.wait(0.02):
            connected.sendall(b"\x02")

    with pretender(script) as address:
        with pytest.raises(Unreachable, match="timed out"):
            Client.connect(*address, tls=certified.trusting(), timeout=0.2)
        gone.set()


def test_what_comes_right_behind_the_handshake_is_not_lost(certified: Certified) -> None:
    """With TLS 1.2 the server has the last word in the handshake, and may go on at once."""

    def script(connected: socket.socket) -> None:
        engine = Tls(server_context(certified.cert, certified.key))
        engine.receive(connected.recv(65_536))
        connected.sendall(engine.take())
        engine.receive(connected.recv(65_536))
        engine.seal(octets(GREETING))
        connected.sendall(engine.take())

    with pretender(script) as address:
        chat = Client.connect(*address, tls=certified.trusting(ssl.TLSVersion.TLSv1_2))
        assert chat.greeting == GREETING
        chat.close()


def test_a_plain_client_on_a_port_for_tls_is_told_what_it_may_be(serve: Serve, certified: Certified) -> None:
    address = serve(**certified.settings).tls_address
    # When it has waited long enough it asks whether anybody is there, and the answer may be quicker than its patience.
    with pytest.raises((ServerFault, Disconnected)) as raised:
        Client.connect(*address, timeout=0.2)
    sentence = str(raised.value)
    assert re.search(r"does not greet.* If this is its port for TLS, give --tls\.|This port speaks TLS", sentence)


def test_whom_to_trust_is_in_a_file(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    with pytest.raises(BadAuthorities, match="holds no certificate in PEM form"):
        trusting(nothing)
    with pytest.raises(BadAuthorities, match="cannot be read: No such file or directory"):
        trusting(tmp_path / "none.pem")
    assert trusting(None).verify_mode == ssl.CERT_REQUIRED
