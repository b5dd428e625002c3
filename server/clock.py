"""The time: the one of the clock on the wall, for people, and the one that never jumps, for waiting."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""

    def utc(self, ago: float = 0.0) -> str:
        """Now, or some seconds ago, as the documents write a time."""


class SystemClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def utc(self, ago: float = 0.0) -> str:
        return (datetime.now(UTC) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
