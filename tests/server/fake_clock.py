"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class FakeClock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def utc(self, ago: float = 0.0) -> str:
        return (_START + timedelta(seconds=self.now - ago)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def forward(self, seconds: float) -> None:
        self.now += seconds
