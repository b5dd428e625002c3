from __future__ import annotations

from server.bucket import TokenBucket
from tests.server.fake_clock import FakeClock


def test_a_burst_is_taken_at_once_and_then_there_is_nothing(clock: FakeClock) -> None:
    bucket = TokenBucket(3, 1, clock)
    assert [bucket.take() for _ in range(5)] == [True, True, True, False, False]


def test_tokens_come_back_with_time_each_once(clock: FakeClock) -> None:
    bucket = TokenBucket(2, 0.5, clock)
    assert bucket.take()
    assert bucket.take()
    clock.forward(1.9)
    assert not bucket.take()
    clock.forward(0.1)
    assert bucket.take()
    assert not bucket.take()


def test_no_more_than_the_burst_is_saved_up(clock: FakeClock) -> None:
    bucket = TokenBucket(2, 1, clock)
    clock.forward(3600)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
