"""A token bucket: so much at once, and then so much a second."""

from __future__ import annotations

from server.clock import Clock


class TokenBucket:
    """Not thread-safe."""

    def __init__(self, burst: float, per_second: float, clock: Clock) -> None:
        self._burst = self._tokens = float(burst)
        self._rate = per_second
        self._clock = clock
        self._then = clock.monotonic()

    def take(self) -> float:
        """Takes one token: 0; or where there is none, the seconds until there will be."""
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now
        if self._tokens < 1:
            return (1 - self._tokens) / self._rate
        self._tokens -= 1
        return 0.0
