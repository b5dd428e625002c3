from __future__ import annotations

import socket
from collections.abc import Iterator
from time import monotonic

import pytest

from schema.bucket import TokenBucket
from schema.framing import frame
from schema.messages import Side
from schema.tools.conformance.check import Failed
from schema.tools.conformance.line import Line
from schema.tools.conformance.pattern import Pattern, document
from schema.tools.conformance.wire import Wire
from schema.tools.conformance.words import Words

PING, PONG = frame(document('<ping id="1"/>')), frame(document('<pong re="1"/>'))
WORDS = Words("run", 1, {}, {})


@pytest.fixture
def ends() -> Iterator[tuple[Line, socket.socket]]:
    """Our line to a server, and the server's socket."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours = socket.create_connection(listening.getsockname())
        theirs, _ = listening.accept()
    theirs.settimeout(10.0)
    line = Wire(Side.SERVER, 10.0).line(ours)
    yield line, theirs
    line.close()
    theirs.close()


@pytest.fixture
def line(ends: tuple[Line, socket.socket]) -> Line:
    return ends[0]


@pytest.fixture
def theirs(ends: tuple[Line, socket.socket]) -> socket.socket:
    return ends[1]


def received(theirs: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        octets += theirs.recv(count - len(octets))
    return octets


def test_what_is_waited_for_comes_in_pieces(line: Line, theirs: socket.socket) -> None:
    theirs.sendall(PING[:7])
    theirs.sendall(PING[7:])
    line.hear(Pattern("<ping/>", WORDS))
    assert received(theirs, len(PONG)) == PONG


def test_a_begun_frame_lets_nothing_come_between(line: Line, theirs: socket.socket) -> None:
    begun = frame(document('<who id="2"/>'))
    line.begin(begun, 5)
    theirs.sendall(PING)
    line.hear(Pattern("<ping/>", WORDS))
    line.finish()
    assert received(theirs, len(begun + PONG)) == begun + PONG


def test_a_line_that_ends_is_not_waited_for(line: Line, theirs: socket.socket) -> None:
    theirs.close()
    with pytest.raises(Failed, match="expected <ping/>, and the connection was closed; it brought nothing"):
        line.hear(Pattern("<ping/>", WORDS))
    line.wait_for_end()


def test_what_does_not_come_fails_at_the_deadline(line: Line) -> None:
    line._timeout = 0.01
    with pytest.raises(Failed, match="expected <ping/>, got nothing"):
        line.hear(Pattern("<ping/>", WORDS))
    with pytest.raises(Failed, match="the connection did not end"):
        line.wait_for_end()


def test_order_counts_where_it_is_asked_for(line: Line, theirs: socket.socket) -> None:
    theirs.sendall(frame(document('<ping id="a"/>')) + frame(document('<ping id="b"/>')))
    line._timeout = 0.05
    with pytest.raises(Failed, match='expected <ping id="a"/>'):
        line.hear(Pattern('<ping id="b"/>', WORDS), Pattern('<ping id="a"/>', WORDS), in_order=True)


def test_cutting_resets(line: Line, theirs: socket.socket) -> None:
    line.cut()
    with pytest.raises(ConnectionResetError):
        theirs.recv(1)


def test_a_pace_is_kept(line: Line) -> None:
    line.pace = TokenBucket(1, 50.0, monotonic())
    began = monotonic()
    for _ in range(3):
        line.send(PING)
    assert monotonic() - began >= 2 / 50.0 * 0.9
