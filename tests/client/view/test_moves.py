from __future__ import annotations

import pytest

from client.view.entries import Moves
from client.view.moves import MAX_NAMES, difference, fold
from schema.messages import User
from tests.client.view.scenes import NOW, written

NOBODY = Moves(number=1, after=0, time=NOW)


@pytest.mark.parametrize(
    ("before", "now", "came", "left"),
    [
        ("", "", "", ""),
        ("a", "a", "", ""),
        ("a", "ab", "b", ""),
        ("ab", "a", "", "b"),
        ("ab", "bc", "c", "a"),
        ("abc", "cba", "", ""),
    ],
)
def test_two_lists_tell_who_came_and_who_left(before: str, now: str, came: str, left: str) -> None:
    assert difference(User.named(*before), User.named(*now)) == (tuple(came), tuple(left))


@pytest.mark.parametrize(
    ("changes", "folded"),
    [
        (["+b"], "+b - ±"),
        (["-b"], "+ -b ±"),
        (["+b", "+c"], "+b,c - ±"),
        (["+b", "-b"], "+ - ±b"),
        (["-b", "+b"], "+ - ±"),
        (["+b", "-b", "+b"], "+b - ±"),
        (["+b", "-b", "+b", "-b"], "+ - ±b"),
        (["-b", "+b", "-b"], "+ -b ±"),
        (["+b", "-c", "+d", "-b"], "+d -c ±b"),
    ],
)
def test_several_changes_are_told_as_one(changes: list[str], folded: str) -> None:
    moves = NOBODY
    for change in changes:
        names = (change[1:],)
        moves = fold(moves, names, ()) if change[0] == "+" else fold(moves, (), names)
    assert written(moves) == folded


def test_the_names_of_thousands_are_not_kept() -> None:
    assert len(fold(NOBODY, [f"user{number}" for number in range(5000)], ()).came) == MAX_NAMES
