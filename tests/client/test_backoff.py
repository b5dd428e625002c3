from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.backoff import FIRST, LONGEST, delays

LIMITS = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


@pytest.mark.parametrize(
    ("chance", "expected"),
    [(0.0, [limit / 2 for limit in LIMITS]), (0.5, [limit * 3 / 4 for limit in LIMITS]), (1.0, LIMITS)],
)
def test_a_delay_lies_between_half_and_all_of_a_limit_that_doubles(chance: float, expected: list[float]) -> None:
    assert list(islice(delays(lambda: chance), len(LIMITS))) == expected


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_whatever_chance_gives_the_bounds_hold_and_no_delay_is_shorter_than_the_one_before_until_the_longest(
    chances: list[float],
) -> None:
    drawn = iter(chances)
    found = list(islice(delays(lambda: next(drawn)), len(chances)))
    assert all(FIRST / 2 <= delay <= LONGEST for delay in found)
    assert all(after >= before for before, after in pairwise(found[:6]))


def test_each_delay_is_drawn_anew() -> None:
    drawn = iter([0.0, 1.0, 0.0])
    assert list(islice(delays(lambda: next(drawn)), 3)) == [0.25, 1.0, 1.0]
