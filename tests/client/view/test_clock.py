from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from client.view.clock import day, hour


@pytest.fixture(autouse=True)
def _in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("said", "at", "on"),
    [
        ("2026-03-01T09:05:00.000Z", "18:05", "Sunday, 1 March 2026"),
        ("2026-03-01T23:59:59Z", "08:59", "Monday, 2 March 2026"),
        ("2026-02-31T09:05:00Z", "--:--", ""),
        ("9999-12-31T23:59:59Z", "--:--", ""),
        ("", "--:--", ""),
    ],
)
def test_times_are_those_of_the_reader(said: str, at: str, on: str) -> None:
    assert (hour(said), day(said)) == (at, on)
