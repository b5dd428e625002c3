from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from server.delivery import Delivery
from server.line import Line
from server.outbox import Outbox
from tests.cuts import reset
from tests.peer import PATIENCE
from tests.server.fake_clock import FakeClock

STALLED_AFTER = 10.0


@pytest.fixture
def delivery(clock: FakeClock) -> Iterator[Delivery]:
    delivery = Delivery(clock, STALLED_AFTER, None)
    delivery.start()
    yield delivery
    delivery.stop()


class Caller:
    """A member with a line, and the far end of it."""

    def __init__(self, delivery: Delivery, *, attached: bool = True, limit: int = 10**6) -> None:
        self._delivery = delivery
        self.near, self.far = socket.socketpair()
        self.far.settimeout(PATIENCE)
        self.given_up, self.fell_behind = threading.Event(), threading.Event()
        self.outbox = Outbox(limit)
        self.line = Line(1, self.near, self.outbox, self.outbox, self._fall_behind, self._give_up)
        if attached:
            delivery.attach(self.line)

    def send(self, frames: bytes) -> None:
        self._delivery.send(self.line, frames)

    def close(self, last: bytes = b"") -> None:
        self._delivery.close(self.line, last)

    def abandon(self) -> None:
        self._delivery.abandon(self.line)

    def read(self, count: int) -> bytes:
        octets = b""
        while len(octets) < count and (more := self.far.recv(count - len(octets))):
            octets += more
        return octets

    def fill(self) -> None:
        """Is sent more than the socket takes, and waits until it takes no more."""
        self.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.send(b"x" * 500_000)
        # The first octets are read when the thread has begun; the rest cannot fit.
        assert self.read(1)

    def _give_up(self) -> None:
        self.abandon()
        self.given_up.set()

    def _fall_behind(self) -> None:
        self._delivery.close(self.line, b"behind", drop=True)
        self.fell_behind.set()


@pytest.fixture
def lines(delivery: Delivery) -> Iterator[list[Caller]]:
    """Two connections that are attached."""
    made = [Caller(delivery), Caller(delivery)]
    yield made
    for line in made:
        line.abandon()
        assert line.outbox.wait(PATIENCE)
        line.near.close()
        line.far.close()


def test_what_is_put_is_sent_in_order(lines: list[Caller]) -> None:
    line, _ = lines
    for number in range(100):
        line.send(b"%03d" % number)
    assert line.read(300) == b"".join(b"%03d" % number for number in range(100))


def test_a_peer_that_reads_nothing_delays_nobody(lines: list[Caller]) -> None:
    slow, quick = lines
    slow.fill()
    for number in range(50):
        quick.send(b"%02d" % number)
        assert quick.read(2) == b"%02d" % number


def test_a_peer_that_reads_again_gets_everything(lines: list[Caller]) -> None:
    line, _ = lines
    line.fill()
    line.send(b"the end")
    assert line.read(500_006) == b"x" * 499_999 + b"the end"


def test_closing_sends_what_is_there_and_then_ends_the_sending(lines: list[Caller]) -> None:
    line, _ = lines
    line.send(b"hello ")
    line.close(b"goodbye")
    assert line.read(100) == b"hello goodbye"
    assert line.outbox.wait(PATIENCE)
    # The other direction is still open.
    line.far.sendall(b"one more")
    assert line.near.recv(100) == b"one more"


def test_a_peer_that_is_gone_is_finished_and_nobody_else_is(lines: list[Caller]) -> None:
    gone, here = lines
    gone.far.close()
    gone.send(b"hello")
    assert gone.outbox.wait(PATIENCE)
    here.send(b"hello")
    assert here.read(5) == b"hello"
    # Whatever is put after it is dropped.
    gone.send(b"hello?")
    assert gone.outbox.empty is False


def test_a_peer_that_takes_nothing_for_too_long_is_given_up(
    lines: list[Caller], delivery: Delivery, clock: FakeClock
) -> None:
    slow, quick = lines
    slow.fill()

    def look() -> None:
        """Has the thread look at the clock: it does so after it has sent something."""
        quick.send(b"x")
        assert quick.read(1) == b"x"
        quick.send(b"x")
        assert quick.read(1) == b"x"

    look()
    clock.forward(STALLED_AFTER - 0.5)
    look()
    assert not slow.given_up.is_set()
    clock.forward(2)
    look()
    assert slow.given_up.wait(PATIENCE)
    assert slow.outbox.wait(PATIENCE)
    assert not quick.given_up.is_set()


def test_a_peer_that_takes_a_little_now_and_then_is_not_given_up(
    lines: list[Caller], delivery: Delivery, clock: FakeClock
) -> None:
    line, other = lines
    line.fill()
    for _ in range(5):
        clock.forward(STALLED_AFTER * 0.9)
        line.read(50_000)
        other.send(b"x")
        assert other.read(1) == b"x"
    assert not line.given_up.is_set()


def test_a_line_that_is_blocked_can_be_abandoned(lines: list[Caller]) -> None:
    line, other = lines
    line.fill()
    line.send(b"more")
    # Twice, since the first may have been sent before the thread came to what is more.
    for _ in range(2):
        other.send(b"x")
        assert other.read(1) == b"x"
    line.abandon()
    assert line.outbox.wait(PATIENCE)


def test_what_was_put_before_the_line_was_attached_is_sent(delivery: Delivery, lines: list[Caller]) -> None:
    """A connection can be ended from another thread before its own has come so far."""
    early = Caller(delivery, attached=False)
    early.close(b"goodbye")
    # The thread has been called, has found no line, and has gone on when another line is served.
    lines[0].send(b"x")
    assert lines[0].read(1) == b"x"
    delivery.attach(early.line)
    assert early.read(7) == b"goodbye"
    assert early.outbox.wait(PATIENCE)
    early.near.close()
    early.far.close()


def test_a_connection_that_was_reset_is_finished(delivery: Delivery) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        far = socket.create_connection(server.getsockname(), PATIENCE)
        near, _ = server.accept()
    outbox = Outbox(10**6)
    line = Line(1, near, outbox, outbox, lambda: None, lambda: None)
    delivery.attach(line)
    reset(far)
    delivery.send(line, b"x" * 100_000)
    assert outbox.wait(PATIENCE)
    near.close()


def test_stopping_with_a_line_that_is_blocked_does_not_wait_for_it(clock: FakeClock) -> None:
    delivery = Delivery(clock, STALLED_AFTER, None)
    delivery.start()
    line = Caller(delivery)
    line.fill()
    delivery.stop()
    line.near.close()
    line.far.close()


def test_what_is_for_many_comes_to_each_in_order(lines: list[Caller], delivery: Delivery) -> None:
    one, other = lines
    # Each is attached once it gets something.
    for line in lines:
        line.send(b"!")
        assert line.read(1) == b"!"
    for number in range(100):
        delivery.broadcast((one, other), b"a%02d" % number)
        delivery.broadcast((one,), b"b%02d" % number)
    assert one.read(600) == b"".join(b"a%02db%02d" % (number, number) for number in range(100))
    assert other.read(300) == b"".join(b"a%02d" % number for number in range(100))


def test_a_socket_that_blocks_while_another_thread_sends_is_watched_at_once(
    lines: list[Caller], delivery: Delivery
) -> None:
    """The delivery thread may be waiting for its queue, where no socket can wake it."""
    line, _ = lines
    line.send(b"!")
    assert line.read(1) == b"!"
    line.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    began = time.monotonic()
    for _ in range(5):
        delivery.broadcast((line,), b"x" * 100_000)
        assert line.read(100_000) == b"x" * 100_000
    # A second is what it waits for its queue: five times that would be five.
    assert time.monotonic() - began < 4


def test_one_who_reads_nothing_gets_what_is_for_all_later(lines: list[Caller], delivery: Delivery) -> None:
    slow, quick = lines
    slow.fill()
    for number in range(50):
        delivery.broadcast((slow, quick), b"%02d" % number)
        assert quick.read(2) == b"%02d" % number
    assert slow.read(500_099) == b"x" * 499_999 + b"".join(b"%02d" % number for number in range(50))


def test_a_part_that_the_socket_did_not_take_comes_before_what_is_sent_later(
    lines: list[Caller], delivery: Delivery
) -> None:
    line, _ = lines
    line.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    delivery.broadcast((line,), b"x" * 500_000)
    line.send(b"the end")
    assert line.read(500_007) == b"x" * 500_000 + b"the end"


def test_one_who_falls_behind_is_told_once_and_gets_nothing_more(lines: list[Caller], delivery: Delivery) -> None:
    _, quick = lines
    slow = Caller(delivery, limit=1000)
    slow.fill()
    for _ in range(10):
        delivery.broadcast((slow, quick), b"y" * 300)
    assert quick.read(3000) == b"y" * 3000
    assert slow.fell_behind.wait(PATIENCE)
    octets = slow.read(10**7).lstrip(b"x")
    assert octets == b"behind"
    slow.near.close()
    slow.far.close()


def test_what_is_for_many_comes_behind_what_was_queued_for_one_and_nothing_behind_the_last_words(
    clock: FakeClock,
) -> None:
    """Also where the delivery thread has not come to it yet: here there is none."""
    delivery = Delivery(clock, STALLED_AFTER, None)
    line = Caller(delivery)
    line.send(b"greeting ")
    delivery.broadcast((line,), b"welcome ")
    line.send(b"answer ")
    line.close(b"goodbye")
    line.send(b"late ")
    delivery.broadcast((line,), b"later ")
    assert line.read(100) == b"greeting welcome answer goodbye"
    delivery.stop()
    line.near.close()
    line.far.close()
