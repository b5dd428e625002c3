"""The time: the one of the clock on the wall, for people, and the one that never jumps, for waiting."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""

    def utc(self, ago: float = 0.0) -> str:
        """Now, or some seconds ago, as the documents write a time."""


class SystemClock:
    def __init__(self) -> None:
        # The last second that was asked for, and how it is written: replaced as a whole, so it needs no lock.
        self._written = (0, "1970-01-01T00:00:00")

    def monotonic(self) -> float:
        return time.monotonic()

    def utc(self, ago: float = 0.0) -> str:
        milliseconds = time.time_ns() // 1_000_000 - round(ago * 1000)
        second = milliseconds // 1000
        written, text = self._written
        if second != written:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._written = (second, text)
        return f"{text}.{milliseconds % 1000:03}Z"
