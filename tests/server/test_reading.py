from __future__ import annotations

import pytest

from schema.messages import Ping, Pong
from server.reading import MAX_OWED, Reading


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.mark.parametrize("seq", [0, 1, 137, 10**17])
def test_the_pong_to_its_ping_says_what_was_read_and_says_it_once(reading: Reading, seq: int) -> None:
    pong = Pong(re=reading.ping(seq).id)
    assert reading.pong(pong) == seq
    assert reading.pong(pong) is None


@pytest.mark.parametrize("re", ["server-1", "read-", "read-x", "read-0137", "137", "read-read-137", "read-138"])
def test_a_pong_to_anything_else_says_nothing(reading: Reading, re: str) -> None:
    assert reading.ping(137) == Ping(id="read-137")
    assert reading.pong(Pong(re=re)) is None
    assert reading.pong(Pong(re="read-137")) == 137


def test_who_has_read_something_has_read_what_was_asked_before(reading: Reading) -> None:
    for seq in (1, 2, 3):
        reading.ping(seq)
    assert [reading.pong(Pong(re=f"read-{seq}")) for seq in (2, 1, 3)] == [2, None, 3]


def test_one_who_never_answers_does_not_fill_the_memory(reading: Reading) -> None:
    for seq in range(2 * MAX_OWED):
        reading.ping(seq)
    assert len(reading._owed) == MAX_OWED
    assert reading.pong(Pong(re="read-0")) is None
    assert reading.pong(Pong(re=f"read-{2 * MAX_OWED - 1}")) == 2 * MAX_OWED - 1
