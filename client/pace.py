"""Keeps a client below what the server's greeting allows, so that nothing it sends is refused as too fast."""

from __future__ import annotations

import threading
from collections.abc import Callable

from schema.bucket import TokenBucket

#: The part of the allowed rate that is used: the server's clock and ours need not agree.
_SHARE = 0.9


class Pace:
    """Safe to use from any thread."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        # Guards _bucket and _wait.
        self._lock = threading.Lock()
        self._bucket: TokenBucket | None = None

    def keep_to(self, rate: int, burst: int) -> None:
        """What the greeting says; 0 is no limit."""
        with self._lock:
            self._bucket = TokenBucket(max(1, burst * _SHARE), rate * _SHARE, self._monotonic()) if rate else None

    def wait(self) -> float:
        """Takes one command; the seconds to wait before it is sent."""
        with self._lock:
            return self._bucket.take(self._monotonic()) if self._bucket else 0.0
