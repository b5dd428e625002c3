from __future__ import annotations

from schema.bucket import TokenBucket


def test_a_burst_is_taken_at_once_and_then_one_has_to_wait() -> None:
    bucket = TokenBucket(3, 2, 100.0)
    assert [bucket.take(100.0) for _ in range(5)] == [0, 0, 0, 0.5, 0.5]


def test_tokens_come_back_with_time_each_once() -> None:
    bucket = TokenBucket(2, 0.5, 0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [0, 0, 2]
    assert bucket.take(1.5) == 0.5
    assert bucket.take(2.0) == 0
    assert bucket.take(2.0) == 2


def test_who_waits_as_long_as_was_said_gets_a_token() -> None:
    bucket, now = TokenBucket(1, 0.25, 0.0), 0.0
    for _ in range(5):
        assert bucket.take(now) == 0
        now += bucket.take(now)


def test_no_more_than_the_burst_is_saved_up() -> None:
    bucket = TokenBucket(2, 1, 0.0)
    assert [bucket.take(3600.0) for _ in range(3)] == [0, 0, 1]


def test_asking_how_long_to_wait_takes_nothing() -> None:
    bucket = TokenBucket(1, 0.5, 0.0)
    assert [bucket.wait(0.0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(0.0) == 0
    assert [bucket.wait(1.0) for _ in range(3)] == [1, 1, 1]


def test_what_was_taken_for_nothing_can_be_given_back() -> None:
    bucket = TokenBucket(2, 1, 0.0)
    assert [bucket.take(0.0) for _ in range(2)] == [0, 0]
    for _ in range(5):
        bucket.give_back()
    assert [bucket.take(0.0) for _ in range(3)] == [0, 0, 1]
