"""What each address has open and how fast it sends, over all its connections."""

from __future__ import annotations

import threading
from collections import Counter

from schema.bucket import TokenBucket
from server.clock import Clock
from server.config import Config


class Addresses:
    """Safe to use from any thread. An address is forgotten with its last connection."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        # Guards all below; held for a few instructions.
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()
        self._total = 0
        self._buckets: dict[str, TokenBucket] = {}

    def reconfigure(self, config: Config) -> None:
        """New limits; the rate holds for addresses that come from now on."""
        with self._lock:
            self._config = config

    def enter(self, address: str) -> str | None:
        """Counts a new connection; where there are too many already, the sentence to refuse it with."""
        with self._lock:
            config = self._config
            if self._total >= config.connections:
                return f"The server has {config.connections} connections, which is all it takes."
            if self._open[address] >= config.address_connections:
                return f"There are {config.address_connections} connections from your address, which is the limit."
            self._open[address] += 1
            self._total += 1
            if config.address_rate and address not in self._buckets:
                self._buckets[address] = TokenBucket(config.address_burst, config.address_rate, self._clock.monotonic())
        return None

    def leave(self, address: str) -> None:
        with self._lock:
            self._total -= 1
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
                self._buckets.pop(address, None)

    def take(self, address: str) -> float:
        """Takes one command: 0; or where the address has sent too many, the seconds until it may send the next."""
        with self._lock:
            bucket = self._buckets.get(address)
            return bucket.take(self._clock.monotonic()) if bucket else 0.0
