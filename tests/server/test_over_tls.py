"""The server by its port for TLS: what holds without TLS holds here, and what TLS makes possible does no harm."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from schema.capture import MAGIC, read_records
from schema.codec import encode
from schema.framing import frame
from schema.messages import Broadcast, Error, Ex, History, Login, Ok, Page, Ping, Pm, Users
from schema.tls import Tls, TlsFailure
from server.service import Service
from tests.certificates import Certified
from tests.conftest import Connect, Serve, ServerProcess, StartServer
from tests.peer import PATIENCE, Peer


class Caller:
    """A client whose TLS is in the test's hands, over a real socket."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext) -> None:
        self.socket = socket.create_connection(address, PATIENCE)
        self.engine = Tls(context, address[0])

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def shake_hands(self) -> None:
        self.engine.shake_hands()
        self.flush()
        while not self.engine.established:
            self.engine.receive(self.socket.recv(65_536))
            self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.engine.take())

    def until_gone(self) -> bytes:
        """All that still comes, before TLS opens it."""
        octets = b""
        try:
            while more := self.socket.recv(65_536):
                octets += more
        except ConnectionResetError:
            pass
        return octets


@pytest.fixture
def service(serve: Serve, certified: Certified) -> Service:
    return serve(**certified.settings)


def reasons(server: ServerProcess) -> list[str]:
    """Why the connections ended, in order."""
    return [line.rpartition("reason=")[2] for line in server.log.splitlines() if " closed " in line]


def until_logged(server: ServerProcess, word: str, peer: Peer) -> None:
    """Waits for this word in the log; meanwhile the server answers questions."""
    for _ in range(100_000):
        if word in server.log:
            return
        peer.sync()
    raise AssertionError(server.log)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_doors_lead_to_the_same_chat(
    service: Service, certified: Certified, connect: Connect, version: ssl.TLSVersion
) -> None:
    sealed = connect("anna", at=service.tls_address, tls=certified.trusting(version))
    plain = connect("ben", at=service.address)
    assert sealed.publish(Pm(id="1", text="hello")) == 1
    assert plain.receive_until(Broadcast).text == "hello"
    assert plain.publish(Pm(id="1", text="hello yourself")) == 2
    assert sealed.receive_until(Broadcast, lambda one: one.seq == 2).sender == "ben"
    sealed.send(Ex(id="9"))
    sealed.expect_bye("logout")


def test_it_ends_with_close_notify_behind_the_bye(service: Service, certified: Certified) -> None:
    with Caller(service.tls_address, certified.trusting()) as caller:
        caller.shake_hands()
        caller.engine.seal(frame(encode(Ex(id="1"))))
        caller.flush()
        opened = caller.engine.receive(caller.until_gone())
        assert b'code="logout"' in opened
        assert caller.engine.ended


@pytest.mark.parametrize("says_so", [True, False], ids=["close_notify", "half closed without"])
def test_one_who_says_no_more_still_gets_its_answers(service: Service, certified: Certified, says_so: bool) -> None:
    with Caller(service.tls_address, certified.trusting()) as caller:
        caller.shake_hands()
        for number in range(100):
            caller.engine.seal(frame(encode(Ping(id=str(number)))))
        if says_so:
            caller.engine.close()
        caller.flush()
        caller.socket.shutdown(socket.SHUT_WR)
        opened = caller.engine.receive(caller.until_gone())
        assert opened.count(b"<pong ") == 100
        assert caller.engine.ended


@pytest.mark.parametrize(("says_so", "reason"), [(True, "disconnected"), (False, "no-close-notify")])
def test_the_log_tells_who_ended_the_stream_and_who_only_closed_it(
    start_server: StartServer, certified: Certified, connect: Connect, says_so: bool, reason: str
) -> None:
    server = start_server(*certified.options)
    with Caller(server.tls_address, certified.trusting()) as caller:
        caller.shake_hands()
        if says_so:
            caller.engine.close()
            caller.flush()
        caller.socket.shutdown(socket.SHUT_WR)
        caller.until_gone()
    until_logged(server, " closed ", connect(at=server.address))
    assert reasons(server) == [reason]
    assert "sealed connection=1 tls=TLSv1.3 cipher=TLS_" in server.log


def test_a_frame_without_tls_is_answered_in_one(service: Service) -> None:
    with socket.create_connection(service.tls_address, PATIENCE) as connected:
        peer = Peer(connected)
        peer.send(Ping(id="1"))
        error = peer.receive()
        assert isinstance(error, Error)
        assert error.code == "not-a-frame"
        assert error.text.startswith("This port speaks TLS")
        assert not peer.expect_bye("not-a-frame").reconnect


@pytest.mark.parametrize(
    "octets",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\xff\xff", b"\x80\x2e\x01\0\2"],
    ids=["HTTP", "no ClientHello", "a long record", "SSL 2"],
)
def test_garbage_in_place_of_a_handshake_is_answered_with_an_alert(
    start_server: StartServer, connect: Connect, certified: Certified, octets: bytes
) -> None:
    server = start_server(*certified.options)
    address = server.tls_address
    with socket.create_connection(address, PATIENCE) as connected:
        connected.sendall(octets)
        answer = connected.recv(100)
        assert (answer[0], len(answer)) == (21, 7)
        assert connected.recv(100) == b""
    until_logged(server, " closed ", connect(at=address, tls=certified.trusting()))
    assert reasons(server) == ["tls-failed"]
    assert "internal-error" not in server.log


def test_octets_that_are_no_record_end_a_conversation_that_was_good(
    service: Service, connect: Connect, certified: Certified
) -> None:
    watcher = connect("ben", at=service.address)
    with Caller(service.tls_address, certified.trusting()) as caller:
        caller.shake_hands()
        caller.engine.seal(frame(encode(Login(id="1", name="anna", password="secret", register=True))))
        caller.flush()
        watcher.receive_until(Users, lambda users: "anna" in users.names)
        caller.socket.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        assert watcher.receive_until(Users, lambda users: users.names == ("ben",))
        with pytest.raises(TlsFailure, match="alert bad record mac"):
            caller.engine.receive(caller.until_gone())


@pytest.mark.parametrize("sent", [0, 1, 5, 100])
def test_one_who_stops_in_the_handshake_is_let_go_in_time(
    serve: Serve, certified: Certified, connect: Connect, sent: int
) -> None:
    service = serve(**certified.settings, ping_every=3600, login_within=0.3)
    with Caller(service.tls_address, certified.trusting()) as caller:
        caller.engine.shake_hands()
        caller.socket.sendall(caller.engine.take()[:sent])
        assert caller.until_gone() == b""
    service.stop()


def test_one_who_trickles_the_handshake_is_let_go_in_time(serve: Serve, certified: Certified) -> None:
    service = serve(**certified.settings, ping_every=0.5, login_within=3600)
    with Caller(service.tls_address, certified.trusting()) as caller:
        caller.engine.shake_hands()
        caller.socket.settimeout(0.05)
        for octet in caller.engine.take():
            try:
                caller.socket.sendall(bytes([octet]))
                if caller.socket.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
    raise AssertionError("It was never let go.")


def test_one_who_never_finishes_a_record_is_let_go_in_time(serve: Serve, certified: Certified) -> None:
    """Octets alone are no sign of life: a record of 16 KiB could last for hours."""
    service = serve(**certified.settings, ping_every=0.5)
    with Caller(service.tls_address, certified.trusting()) as caller:
        caller.shake_hands()
        caller.engine.seal(frame(encode(Pm(id="1", text="x" * 4_000))))
        caller.socket.settimeout(0.05)
        came = b""
        for octet in caller.engine.take():
            try:
                caller.socket.sendall(bytes([octet]))
                more = caller.socket.recv(65_536)
                came += caller.engine.receive(more)
                if not more:
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert b'code="ping-timeout"' in came


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1_1, "ALL"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256"),
        (ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256"),
    ],
    ids=["TLS 1.1", "no AEAD", "no ephemeral key"],
)
def test_what_is_too_old_or_too_weak_is_refused(
    service: Service, certified: Certified, version: ssl.TLSVersion, ciphers: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certified.ca)
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises(ssl.SSLError, match="alert"):
        Peer.at(service.tls_address, tls=context)


class OpenSsl:
    """The program `openssl s_client`, of which a letter on a line asks for what our own library has no call for."""

    def __init__(self, address: tuple[str, int], certified: Certified, version: str) -> None:
        command = ["openssl", "s_client", "-connect", f"{address[0]}:{address[1]}", "-CAfile", str(certified.ca)]
        self._process = subprocess.Popen(
            [*command, version], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.said = b""

    def __enter__(self) -> OpenSsl:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with self._process:
            pass

    def type(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def until(self, word: bytes) -> None:
        """Reads until it has said this, since the last time; an empty word is its end."""
        assert self._process.stdout is not None
        self.said = b""
        while not word or word not in self.said:
            more = os.read(self._process.stdout.fileno(), 65_536)
            if not more:
                assert not word, self.said
                return
            self.said += more


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the program openssl")


@needs_openssl
def test_a_renegotiation_is_refused(service: Service, certified: Certified) -> None:
    with OpenSsl(service.tls_address, certified, "-tls1_2") as client:
        client.until(b"<greeting")
        client.type(b"R")
        client.until(b"")
        assert b"RENEGOTIATING" in client.said
        assert b"no renegotiation" in client.said


@needs_openssl
def test_new_keys_in_the_middle_of_a_conversation_do_no_harm(service: Service, certified: Certified) -> None:
    """Either side may change its keys at any time (RFC 8446, section 4.6.3)."""
    with OpenSsl(service.tls_address, certified, "-tls1_3") as client:
        client.until(b"<greeting")
        for _ in range(3):
            client.type(b"K")
            client.until(b"KEYUPDATE")
        # What is no frame is answered, under the new keys.
        client.type(b"hello")
        client.until(b"<bye")


def test_a_document_of_the_largest_kind_comes_whole(service: Service, connect: Connect, certified: Certified) -> None:
    """As much in many before it, which have to be on disk to be in it."""
    peer = connect("anna", at=service.tls_address, tls=certified.trusting())
    for number in range(50):
        peer.send(Pm(id=f"m{number}", text="&" * 4096))
    peer.receive_until(Broadcast, lambda message: message.seq == 50)
    assert peer.numbers() == list(range(1, 50))
    page = peer.ask(History(id="page", limit=50))
    assert isinstance(page, Page)
    assert len(encode(page)) > 480 * 1024


def test_there_are_no_more_connections_with_tls_than_without(
    serve: Serve, connect: Connect, certified: Certified
) -> None:
    service = serve(address_connections=2, **certified.settings)
    first = connect("anna", at=service.tls_address, tls=certified.trusting())
    connect(at=service.address)
    with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
        connect(at=service.tls_address, tls=certified.trusting())
    assert isinstance(first.ask(Pm(id="1", text="still here")), Ok)


def test_the_limits_on_commands_hold(serve: Serve, connect: Connect, certified: Certified) -> None:
    service = serve(rate=1, burst=5, **certified.settings)
    peer = connect("anna", at=service.tls_address, tls=certified.trusting())
    refused = [peer.ask(Pm(id=f"m{number}", text="x")) for number in range(10)]
    assert "too-fast" in [answer.code for answer in refused if isinstance(answer, Error)]


def test_a_capture_holds_the_documents_and_no_password(
    start_server: StartServer, connect: Connect, certified: Certified, tmp_path: Path
) -> None:
    capture = tmp_path / "talk.capture"
    server = start_server("--capture", str(capture), *certified.options)
    peer = connect("anna", at=server.tls_address, tls=certified.trusting())
    assert peer.publish(Pm(id="m1", text="hello there")) == 1
    peer.send(Ex(id="9"))
    peer.expect_bye("logout")
    assert server.stop() == 0
    with capture.open("rb") as file:
        assert file.readline() == MAGIC
        documents = [bytes(record.octets) for record in read_records(file)]
    assert documents[0].startswith(b"<greeting")
    assert sum(b"hello there" in document for document in documents) == 2
    assert documents[-1].startswith(b"<bye")
    assert not any(b"correct horse" in document for document in documents)


def test_stopped_it_tells_everyone_also_those_in_the_handshake(
    serve: Serve, connect: Connect, certified: Certified
) -> None:
    service = serve(**certified.settings)
    peer = connect("anna", at=service.tls_address, tls=certified.trusting())
    with Caller(service.tls_address, certified.trusting()) as caller:
        service.stop()
        assert caller.until_gone() == b""
    assert peer.expect_bye("shutdown").reconnect


def test_the_greeting_comes_when_the_handshake_is_done_and_what_was_said_before_is_heard(
    service: Service, certified: Certified
) -> None:
    """A client need not wait for the greeting before it speaks."""
    with Caller(service.tls_address, certified.trusting()) as caller:
        caller.engine.shake_hands()
        caller.flush()
        while not caller.engine.established:
            caller.engine.receive(caller.socket.recv(65_536))
        # Behind the last words of the handshake, in one segment.
        caller.engine.seal(frame(encode(Ping(id="early"))) + frame(encode(Ex(id="1"))))
        caller.flush()
        opened = caller.engine.receive(caller.until_gone())
    assert opened.index(b"<greeting ") < opened.index(b"<pong ") < opened.index(b"<bye ")


def test_a_process_says_where_it_listens_in_two_lines(start_server: StartServer, certified: Certified) -> None:
    server: ServerProcess = start_server(*certified.options)
    assert server.first_line == "listening on {}:{}\n".format(*server.address)
    host, port = server.tls_address
    assert (host, port != server.address[1]) == ("127.0.0.1", True)
    assert server.stop() == 0
