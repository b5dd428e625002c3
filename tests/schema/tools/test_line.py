from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from schema.framing import frame
from schema.tls import client_context
from schema.tools.line import Line, NoServer, split_endpoint
from tests.certificates import Certified
from tests.conftest import Serve
from tests.peer import PATIENCE


@pytest.mark.parametrize(
    ("said", "host", "port"),
    [
        (":7701", "127.0.0.1", 7701),
        ("7701", "127.0.0.1", 7701),
        ("0.0.0.0:0", "0.0.0.0", 0),
        ("chat.example:7700", "chat.example", 7700),
        ("[::1]:7700", "::1", 7700),
    ],
)
def test_an_endpoint_has_a_host_and_a_port(said: str, host: str, port: int) -> None:
    assert split_endpoint(said, host="127.0.0.1") == (host, port)


@pytest.mark.parametrize(("said", "host"), [("chat.example", "chat.example"), ("[::1]", "::1"), ("[::1]:7", "::1")])
def test_the_usual_port_may_be_left_out(said: str, host: str) -> None:
    assert split_endpoint(said, host="", port=7)[0] == host
    assert split_endpoint(said, host="", port=7)[1] == 7


@pytest.mark.parametrize("said", ["host:", "host:many", "host:65536", "::1:7700", "", "host:-1", "host:²"])
def test_what_is_no_endpoint_is_said(said: str) -> None:
    with pytest.raises(ValueError, match="is not HOST:PORT"):
        split_endpoint(said, host="127.0.0.1")


@pytest.fixture
def pair() -> Iterator[tuple[Line, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host, port = listening.getsockname()
        line = Line.connect(host, port, PATIENCE)
        other, _ = listening.accept()
    other.settimeout(PATIENCE)
    line.be_patient(PATIENCE)
    with contextlib.closing(line), other:
        yield line, other


def test_octets_go_both_ways_and_each_way_ends_by_itself(pair: tuple[Line, socket.socket]) -> None:
    line, other = pair
    line.send(b"there")
    assert other.recv(9) == b"there"
    line.end_sending()
    assert other.recv(9) == b""
    other.sendall(b"and back")
    assert line.receive() == b"and back"
    other.shutdown(socket.SHUT_WR)
    assert line.receive() == b""


def test_a_line_that_is_broken_off_is_a_reset_for_the_other_side(pair: tuple[Line, socket.socket]) -> None:
    line, other = pair
    line.break_off()
    line.close()
    with pytest.raises(ConnectionResetError):
        other.recv(9)


def test_hanging_up_wakes_the_one_who_receives(pair: tuple[Line, socket.socket]) -> None:
    line, _ = pair
    came: list[bytes] = []
    receiver = threading.Thread(target=lambda: came.append(line.receive()))
    receiver.start()
    line.hang_up()
    receiver.join(PATIENCE)
    assert came == [b""]


def test_nobody_at_home_is_said_with_the_place() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        host, port = bound.getsockname()
        with pytest.raises(NoServer, match=f"Nobody answers at {host}:{port}: Connection refused"):
            Line.connect(host, port, PATIENCE)


def test_what_is_no_host_is_nobody_at_home() -> None:
    with pytest.raises(NoServer, match="Nobody answers"):
        Line.connect("a" * 64 + ".example", 1, PATIENCE)


def test_inside_tls_it_is_the_same(serve: Serve, certified: Certified) -> None:
    service = serve(**certified.settings)
    assert service.tls_address is not None
    line = Line.connect(*service.tls_address, PATIENCE, client_context(certified.ca))
    with contextlib.closing(line):
        line.be_patient(PATIENCE)
        assert b"<greeting" in line.receive()
        line.send(frame(b'<ex xmlns="urn:xmlchat:1" id="1"/>'))
        assert b"<bye" in line.receive()
        assert line.receive() == b""
        line.end_sending()


def test_a_certificate_that_does_not_verify_is_said(serve: Serve, certified: Certified) -> None:
    service = serve(**certified.settings)
    assert service.tls_address is not None
    with pytest.raises(NoServer, match=r"does not verify: .* --ca names the authority"):
        Line.connect(*service.tls_address, PATIENCE, client_context())


def test_a_server_without_tls_is_said(serve: Serve) -> None:
    with pytest.raises(NoServer, match="There is no TLS with"):
        Line.connect(*serve().address, PATIENCE, client_context())
