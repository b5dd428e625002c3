"""What lies between frames and a socket, with an outbox and the other end of TLS in the test's hands."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from schema.errors import Refusal
from schema.framing import FrameReader
from schema.tls import Tls, TlsFailure, server_context
from server.outbox import Outbox
from server.transport import Plain, Sealed
from tests.certificates import Certified
from tests.peer import PATIENCE


class Line:
    """A transport on one end of a pair of sockets, whose other end is `far`."""

    def __init__(self, certified: Certified) -> None:
        self.near, self.far = socket.socketpair()
        self.near.settimeout(PATIENCE)
        self.far.settimeout(PATIENCE)
        self.announced = 0
        self.sealed = b""
        self.outbox = Outbox(10**7)
        context = server_context(certified.cert, certified.key)
        self.transport = Sealed(self.near, self.outbox, context, self._announce, self._note)
        self.client = Tls(certified.trusting(), "localhost")

    def deliver(self, most: int = 10**9) -> bytes:
        """Does what the delivery thread does, with a socket that takes so much at once; what the client gets of it."""
        heard = b""
        while chunk := self.transport.source.take():
            heard += self.client.receive(chunk[:most])
            if not self.transport.source.sent(len(chunk[:most])):
                break
        return heard

    def hear(self) -> bytes | None:
        """Sends what the client has to say, and receives it."""
        self.far.sendall(self.client.take())
        return self.transport.receive()

    def shake_hands(self) -> None:
        self.client.shake_hands()
        while not self.transport.established:
            assert self.hear() == b""
            assert self.deliver() == b""

    def _announce(self) -> None:
        self.announced += 1

    def _note(self, frames: bytes) -> None:
        self.sealed += frames


@pytest.fixture
def line(certified: Certified) -> Iterator[Line]:
    line = Line(certified)
    with line.near, line.far:
        yield line


@pytest.fixture
def sealed(line: Line) -> Line:
    """The handshake is done."""
    line.shake_hands()
    return line


def test_plain_octets_are_what_comes_and_the_outbox_is_what_goes(line: Line) -> None:
    transport = Plain(line.near, line.outbox)
    assert transport.source is line.outbox
    assert transport.established
    line.far.sendall(b"hello")
    assert transport.receive() == b"hello"
    line.far.shutdown(socket.SHUT_WR)
    assert transport.receive() is None
    assert not transport.ragged


def test_the_handshake_calls_for_the_delivery_thread_and_then_frames_come_and_go(line: Line) -> None:
    line.shake_hands()
    assert line.announced
    assert line.transport.description == {"tls": "TLSv1.3", "cipher": line.client.cipher}
    line.client.seal(b"hello")
    assert line.hear() == b"hello"
    line.outbox.put(b"welcome")
    assert line.deliver() == b"welcome"


@pytest.mark.parametrize("most", [1, 100, 10**6])
def test_nothing_is_lost_or_repeated_however_little_the_socket_takes(sealed: Line, most: int) -> None:
    frames = [b"%05d" % number * 20 for number in range(50)]
    for one in frames[:25]:
        sealed.outbox.put(one)
    heard = sealed.deliver(most)
    for one in frames[25:]:
        sealed.outbox.put(one)
    assert heard + sealed.deliver(most) == b"".join(frames)


def test_what_is_sealed_is_told_once_and_in_clear(sealed: Line) -> None:
    sealed.outbox.put(b"hello ")
    sealed.outbox.put(b"bob")
    sealed.deliver(7)
    assert sealed.sealed == b"hello bob"


def test_closed_it_sends_what_is_there_and_then_that_there_is_no_more(sealed: Line) -> None:
    sealed.outbox.put(b"hello ")
    sealed.outbox.close(b"bye")
    drained_before = sealed.transport.source.drained
    assert sealed.deliver() == b"hello bye"
    assert not drained_before
    assert sealed.client.receive(b"") == b""
    assert sealed.client.ended
    assert sealed.transport.source.drained
    # The other direction is open still.
    sealed.client.seal(b"one more")
    assert sealed.hear() == b"one more"


def test_abandoned_it_sends_nothing_though_something_has_begun(sealed: Line) -> None:
    sealed.outbox.put(b"x" * 1000)
    sealed.transport.source.take()
    sealed.transport.source.sent(10)
    sealed.outbox.abandon()
    assert sealed.transport.source.take() == b""
    assert sealed.transport.source.drained


def test_before_the_handshake_is_done_nothing_can_be_said(line: Line) -> None:
    line.outbox.put(b"a secret")
    line.outbox.close(b"bye")
    assert line.transport.source.take() == b""
    assert line.transport.source.drained
    assert line.sealed == b""


@pytest.mark.parametrize("ends", [True, False], ids=["close_notify", "only closed"])
def test_the_end_of_the_stream(sealed: Line, ends: bool) -> None:
    sealed.client.seal(b"the end")
    if ends:
        sealed.client.close()
    assert sealed.hear() == b"the end"
    if not ends:
        sealed.far.shutdown(socket.SHUT_WR)
    assert sealed.transport.receive() is None
    assert sealed.transport.ragged != ends


def test_one_who_speaks_in_frames_without_tls_is_told_in_a_frame(line: Line) -> None:
    line.far.sendall(b"\0\0\0\x10<login/>")
    with pytest.raises(TlsFailure, match="does not speak TLS"):
        line.transport.receive()
    assert line.announced
    line.outbox.close()
    error, bye = FrameReader().feed(line.transport.source.take())
    assert not isinstance(error, Refusal)
    assert b'code="not-a-frame"' in error
    assert b"This port speaks TLS" in error
    assert b"<bye" in bytes(bye if isinstance(bye, bytes) else b"")


@pytest.mark.parametrize("octets", [b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n", b"\xff"])
def test_one_who_speaks_anything_else_gets_an_alert(line: Line, octets: bytes) -> None:
    line.far.sendall(octets)
    with pytest.raises(TlsFailure):
        line.transport.receive()
    line.outbox.close()
    assert line.transport.source.take()[:1] == b"\x15"
    drained_before = line.transport.source.drained
    line.transport.source.sent(7)
    assert not drained_before
    assert line.transport.source.drained


def test_a_damaged_record_ends_it_with_an_alert(sealed: Line) -> None:
    sealed.client.seal(b"pay bob 10")
    octets = bytearray(sealed.client.take())
    octets[-1] ^= 1
    sealed.far.sendall(octets)
    with pytest.raises(TlsFailure, match="bad record mac"):
        sealed.transport.receive()
    # What somebody else said at the same moment goes nowhere.
    sealed.outbox.put(b"a secret")
    sealed.outbox.close()
    with pytest.raises(TlsFailure, match="alert bad record mac"):
        sealed.deliver()
