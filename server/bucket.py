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

    def take(self) -> bool:
        """Takes one token; False where there is none."""
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
