from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from server.delivery import Delivery
from server.outbox import Outbox
from tests.peer import PATIENCE
from tests.server.fake_clock import FakeClock

STALLED_AFTER = 10.0


@pytest.fixture
def delivery(clock: FakeClock) -> Iterator[Delivery]:
    delivery = Delivery(clock, STALLED_AFTER, None)
    delivery.start()
    yield delivery
    delivery.stop()


class Line:
    """An outbox with a socket, and the far end of it."""

    def __init__(self, delivery: Delivery, *, attached: bool = True, limit: int = 10**6) -> None:
        self._delivery = delivery
        self.near, self.far = socket.socketpair()
        self.far.settimeout(PATIENCE)
        self.outbox = Outbox(limit, delivery.ready)
        self.given_up = threading.Event()
        if attached:
            self.attach()

    def attach(self) -> None:
        self._delivery.attach(1, self.near, self.outbox, self._give_up)

    def _give_up(self) -> None:
        self.outbox.abandon()
        self.given_up.set()

    def read(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count and (more := self.far.recv(count - len(octets))):
            octets += more
        return octets

    def fill(self) -> None:
        """Puts more than the socket takes, and waits until it takes no more."""
        self.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.outbox.put(b"x" * 500_000)
        # The first octets are read when the thread has begun; the rest cannot fit.
        assert self.read(1)


@pytest.fixture
def lines(delivery: Delivery) -> Iterator[list[Line]]:
    """Two connections that are attached."""
    made = [Line(delivery), Line(delivery)]
    yield made
    for line in made:
        line.outbox.abandon()
        assert line.outbox.finished.wait(PATIENCE)
        line.near.close()
        line.far.close()


def test_what_is_put_is_sent_in_order(lines: list[Line]) -> None:
    line, _ = lines
    for number in range(100):
        line.outbox.put(b"%03d" % number)
    assert line.read(300) == b"".join(b"%03d" % number for number in range(100))


def test_a_peer_that_reads_nothing_delays_nobody(lines: list[Line]) -> None:
    slow, quick = lines
    slow.fill()
    for number in range(50):
        quick.outbox.put(b"%02d" % number)
        assert quick.read(2) == b"%02d" % number


def test_a_peer_that_reads_again_gets_everything(lines: list[Line]) -> None:
    line, _ = lines
    line.fill()
    line.outbox.put(b"the end")
    assert line.read(500_006) == b"x" * 499_999 + b"the end"


def test_closing_sends_what_is_there_and_then_ends_the_sending(lines: list[Line]) -> None:
    line, _ = lines
    line.outbox.put(b"hello ")
    line.outbox.close(b"goodbye")
    assert line.read(100) == b"hello goodbye"
    assert line.outbox.finished.wait(PATIENCE)
    # The other direction is still open.
    line.far.sendall(b"one more")
    assert line.near.recv(100) == b"one more"


def test_a_peer_that_is_gone_is_finished_and_nobody_else_is(lines: list[Line]) -> None:
    gone, here = lines
    gone.far.close()
    gone.outbox.put(b"hello")
    assert gone.outbox.finished.wait(PATIENCE)
    here.outbox.put(b"hello")
    assert here.read(5) == b"hello"
    # Whatever is put after it is dropped.
    assert gone.outbox.put(b"hello?")


def test_a_peer_that_takes_nothing_for_too_long_is_given_up(
    lines: list[Line], delivery: Delivery, clock: FakeClock
) -> None:
    slow, quick = lines
    slow.fill()

    def look() -> None:
        """Has the thread look at the clock: it does so after it has sent something."""
        quick.outbox.put(b"x")
        assert quick.read(1) == b"x"
        quick.outbox.put(b"x")
        assert quick.read(1) == b"x"

    look()
    clock.forward(STALLED_AFTER - 0.5)
    look()
    assert not slow.given_up.is_set()
    clock.forward(2)
    look()
    assert slow.given_up.wait(PATIENCE)
    assert slow.outbox.finished.wait(PATIENCE)
    assert not quick.given_up.is_set()


def test_a_peer_that_takes_a_little_now_and_then_is_not_given_up(
    lines: list[Line], delivery: Delivery, clock: FakeClock
) -> None:
    line, other = lines
    line.fill()
    for _ in range(5):
        clock.forward(STALLED_AFTER * 0.9)
        line.read(50_000)
        other.outbox.put(b"x")
        assert other.read(1) == b"x"
    assert not line.given_up.is_set()


def test_a_line_that_is_blocked_can_be_abandoned(lines: list[Line]) -> None:
    line, other = lines
    line.fill()
    line.outbox.put(b"more")
    # Twice, since the first may have been sent before the thread came to what is more.
    for _ in range(2):
        other.outbox.put(b"x")
        assert other.read(1) == b"x"
    line.outbox.abandon()
    assert line.outbox.finished.wait(PATIENCE)


def test_what_was_put_before_the_line_was_attached_is_sent(delivery: Delivery, lines: list[Line]) -> None:
    """A connection can be ended from another thread before its own has come so far."""
    early = Line(delivery, attached=False)
    early.outbox.close(b"goodbye")
    # The thread has been called, has found no line, and has gone on when another line is served.
    lines[0].outbox.put(b"x")
    assert lines[0].read(1) == b"x"
    early.attach()
    assert early.read(7) == b"goodbye"
    assert early.outbox.finished.wait(PATIENCE)
    early.near.close()
    early.far.close()


def test_a_connection_that_was_reset_is_finished(delivery: Delivery) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        far = socket.create_connection(server.getsockname(), PATIENCE)
        near, _ = server.accept()
    outbox = Outbox(10**6, delivery.ready)
    delivery.attach(1, near, outbox, outbox.abandon)
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()
    outbox.put(b"x" * 100_000)
    assert outbox.finished.wait(PATIENCE)
    near.close()


def test_stopping_with_a_line_that_is_blocked_does_not_wait_for_it(clock: FakeClock) -> None:
    delivery = Delivery(clock, STALLED_AFTER, None)
    delivery.start()
    line = Line(delivery)
    line.fill()
    delivery.stop()
    line.near.close()
    line.far.close()
