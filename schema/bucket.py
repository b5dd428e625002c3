"""A token bucket: so much at once, and then so much a second. The server limits with it, the client keeps to it."""

from __future__ import annotations

#: What a token may lack and still be one: whoever waits the time that `take` said must not find it short by a rounding.
_NEARLY = 1e-9


class TokenBucket:
    """Times are those of a monotonic clock, in seconds. Not thread-safe."""

    def __init__(self, burst: float, per_second: float, now: float) -> None:
        self._burst = self._tokens = float(burst)
        self._rate = per_second
        self._then = now

    def take(self, now: float) -> float:
        """Takes one token: 0; or where there is none, the seconds until there will be."""
        wait = self.wait(now)
        if not wait:
            self._tokens -= 1
        return wait

    def wait(self, now: float) -> float:
        """What `take` would say, and nothing is taken."""
        self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now
        return (1 - self._tokens) / self._rate if self._tokens < 1 - _NEARLY else 0.0

    def give_back(self) -> None:
        """Puts a token back that was taken for nothing."""
        self._tokens = min(self._burst, self._tokens + 1)
