from __future__ import annotations

import pytest

from schema.tools.sealing.selection import Selection, moment
from tests.schema.tools.sealing.made import Stored, said, told

EARLY, LATE = "2026-03-01T09:00:00.000Z", "2026-03-01T10:00:00.000Z"


@pytest.mark.parametrize(
    ("selection", "message", "taken"),
    [
        (Selection(), said(1), True),
        (Selection(), told(1, "bob"), False),
        (Selection(direct=True), told(1, "bob"), True),
        (Selection(room="tea"), said(1, room="tea"), True),
        (Selection(room="tea"), said(1), False),
        (Selection(room="tea", direct=True), told(1, "bob"), False),
        (Selection(since=LATE), said(1, time=EARLY), False),
        (Selection(since=EARLY), said(1, time=EARLY), True),
        (Selection(until=LATE), said(1, time=EARLY), True),
        (Selection(until=EARLY), said(1, time=EARLY), False),
        (Selection(until=EARLY, direct=True), told(1, "bob", time=EARLY), False),
        (Selection(user="carol"), said(1), True),
        (Selection(user="carol", direct=True), told(1, "bob"), False),
        (Selection(user="bob", direct=True), told(1, "bob"), True),
        (Selection(user="alice", direct=True), told(1, "bob"), True),
        (Selection(user="alice"), told(1, "bob"), False),
    ],
)
def test_what_is_in_a_transcript(selection: Selection, message: Stored, taken: bool) -> None:
    assert selection.takes(message) is taken


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("2026-11-22", "2026-11-22T00:00:00.000Z"),
        ("2026-11-22T12:30", "2026-11-22T12:30:00.000Z"),
        ("2026-11-22 12:30:01.5", "2026-11-22T12:30:01.500Z"),
        ("2026-11-22T12:30:00Z", "2026-11-22T12:30:00.000Z"),
        ("2026-11-22T00:30:00+01:00", "2026-11-21T23:30:00.000Z"),
        ("0005-01-01", "0005-01-01T00:00:00.000Z"),
    ],
)
def test_a_time_is_read_in_any_zone(said: str, time: str) -> None:
    assert moment(said) == time


@pytest.mark.parametrize("said", ["", "yesterday", "2026-13-01", "2026-11-22T25:00"])
def test_what_is_no_time_is_refused(said: str) -> None:
    with pytest.raises(ValueError):
        moment(said)
