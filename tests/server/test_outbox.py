from __future__ import annotations

import pytest

from server.outbox import Outbox


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(100)


def send(outbox: Outbox, most: int = 1000) -> bytes:
    """What a socket that takes so much at once is given until it is all sent."""
    octets = b""
    while chunk := outbox.take():
        octets += chunk[:most]
        if not outbox.sent(min(most, len(chunk))):
            break
    return octets


def test_frames_come_out_as_they_went_in_joined(outbox: Outbox) -> None:
    for frames in (b"one", b"two", b"three"):
        assert outbox.put(frames)
    assert outbox.take() == b"onetwothree"
    assert not outbox.sent(11)
    assert outbox.take() == b""


def test_what_a_socket_does_not_take_is_offered_again(outbox: Outbox) -> None:
    outbox.put(b"one")
    outbox.put(b"two")
    assert outbox.take() == b"onetwo"
    assert outbox.take() == b"onetwo"
    assert outbox.sent(4)
    outbox.put(b"three")
    assert outbox.take() == b"wo"
    assert outbox.sent(2)
    assert outbox.take() == b"three"


@pytest.mark.parametrize("most", [1, 2, 7, 1000])
def test_nothing_is_lost_or_repeated_however_little_is_taken(outbox: Outbox, most: int) -> None:
    for frames in (b"one", b"two", b"three"):
        outbox.put(frames)
    assert send(outbox, most) == b"onetwothree"


def test_over_the_limit_it_says_so_and_what_is_sent_makes_room(outbox: Outbox) -> None:
    assert outbox.put(b"x" * 100)
    assert not outbox.put(b"y")
    send(outbox)
    assert outbox.put(b"x" * 100)


def test_closed_it_sends_what_is_there_and_the_last_words_and_no_more(outbox: Outbox) -> None:
    outbox.put(b"one")
    outbox.close(b"bye")
    assert outbox.closing
    assert outbox.put(b"late")
    outbox.close(b"bye again")
    assert not outbox.drained
    assert send(outbox) == b"onebye"
    assert outbox.drained


def test_closed_with_drop_it_finishes_the_frame_that_has_begun_and_says_the_last_words(outbox: Outbox) -> None:
    outbox.put(b"one")
    assert outbox.take() == b"one"
    outbox.sent(1)
    outbox.put(b"two")
    outbox.close(b"bye", drop=True)
    assert send(outbox) == b"nebye"
    assert outbox.drained


def test_abandoned_it_has_nothing_more_to_send(outbox: Outbox) -> None:
    outbox.put(b"one")
    outbox.take()
    outbox.put(b"two")
    outbox.abandon()
    assert outbox.drained
    assert outbox.take() == b""


def test_nothing_waits_in_an_empty_one_that_is_open(outbox: Outbox) -> None:
    seen = [outbox.empty]
    outbox.put_rest(b"lo")
    seen.append(outbox.empty)
    outbox.put(b"world")
    assert send(outbox) == b"loworld"
    seen.append(outbox.empty)
    outbox.close()
    seen.append(outbox.empty)
    assert seen == [True, False, True, False]


def test_a_chunk_is_bounded() -> None:
    outbox = Outbox(10**7)
    for _ in range(10):
        outbox.put(b"x" * 100_000)
    assert len(outbox.take()) <= 256 * 1024 + 100_000
    assert len(send(outbox)) == 1_000_000
