from __future__ import annotations

from bisect import bisect_left

import pytest

from client.pace import Pace
from tests.server.fake_clock import FakeClock

#: A clock that goes on by itself; a pause alone may be too short to move a floating-point number.
_TICK = 1e-6


class Sender:
    """Sends as fast as a pace allows; `sent` is when each command went out."""

    def __init__(self, rate: int, burst: int) -> None:
        self._clock = FakeClock()
        self.pace = Pace(self._clock.monotonic)
        self.pace.keep_to(rate, burst)
        self.sent: list[float] = []

    def send(self, count: int) -> None:
        for _ in range(count):
            while pause := self.pace.wait():
                self._clock.forward(pause + _TICK)
            self.sent.append(self._clock.now)

    def rest(self, seconds: float) -> None:
        self._clock.forward(seconds)

    def most_within(self, seconds: float) -> int:
        """The largest number of commands in any stretch of this length."""
        return max(bisect_left(self.sent, begin + seconds) - first for first, begin in enumerate(self.sent))


@pytest.mark.parametrize(("rate", "burst"), [(1, 1), (10, 1), (10, 10), (200, 2000), (200, 5)])
@pytest.mark.parametrize("seconds", [0.001, 1.0, 3.0])
def test_no_stretch_of_time_holds_more_than_rate_and_burst_allow(rate: int, burst: int, seconds: float) -> None:
    sender = Sender(rate, burst)
    sender.send(burst)
    sender.rest(60)
    sender.send(4 * rate + burst)
    assert sender.most_within(seconds) <= burst + rate * seconds


@pytest.mark.parametrize(("rate", "burst", "at_once", "pause"), [(10, 10, 9, 1 / 9), (200, 2000, 1800, 1 / 180)])
def test_the_burst_goes_at_once_and_the_rest_at_nine_tenths_of_the_rate(
    rate: int, burst: int, at_once: int, pause: float
) -> None:
    sender = Sender(rate, burst)
    sender.send(at_once + 3)
    assert sender.sent[:at_once] == [0.0] * at_once
    assert sender.sent[at_once:] == pytest.approx([pause, 2 * pause, 3 * pause], rel=0.01)


@pytest.mark.parametrize(("rate", "burst"), [(0, 0), (0, 10)])
def test_a_rate_of_0_is_no_limit(rate: int, burst: int) -> None:
    sender = Sender(rate, burst)
    sender.send(10_000)
    assert sender.sent[-1] == 0.0


def test_without_a_greeting_nothing_waits() -> None:
    assert Pace(FakeClock().monotonic).wait() == 0.0


def test_the_next_greeting_goes_before_the_last() -> None:
    sender = Sender(1, 1)
    sender.pace.keep_to(0, 0)
    sender.send(100)
    assert sender.sent[-1] == 0.0
