"""How often passwords may be tried and accounts made from one address; whoever fails too often has to wait.

A failure counts three times: for this account from this address, for this address, and for this account from anywhere.
An address from which somebody has logged in to an account is judged by the first alone, for that account: so whoever
guesses at it from elsewhere, or at others from the same address, cannot keep its owner out.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Generic, TypeVar

from schema.bucket import TokenBucket
from server.clock import Clock
from server.config import Config
from server.errors import Busy

#: Names, addresses, and pairs of both that are remembered, of each kind; some 15 MiB in all. Those not heard of for
#: longest are forgotten first, so to be forgotten oneself one has to fail as often as this from as many addresses.
MAX_REMEMBERED = 10_000

#: Addresses that are remembered for each account as its owner's: at home, at work, under way.
_MAX_KNOWN = 8

#: Seconds in which one failure is forgiven.
_FORGIVEN_IN = 300.0

#: Seconds after which one should come back whose address has as many logins waiting as it may.
_RETRY = 5

#: The network that one IPv6 customer has, and may take any address from: 64 bits of 128.
_IPV6_NETWORK = 64

Key = TypeVar("Key")
Value = TypeVar("Value")


class _Recent(Generic[Key, Value]):
    """Remembers MAX_REMEMBERED things, and forgets what was not asked for or set for longest."""

    def __init__(self) -> None:
        self._found: OrderedDict[Key, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: Key) -> Value | None:
        value = self._found.get(key)
        if value is not None:
            self._found.move_to_end(key)
        return value

    def set(self, key: Key, value: Value) -> None:
        self._found[key] = value
        self._found.move_to_end(key)
        if len(self._found) > MAX_REMEMBERED:
            self._found.popitem(last=False)

    def forget(self, key: Key) -> None:
        self._found.pop(key, None)


@dataclass(frozen=True, slots=True)
class _Failures:
    """So many that are not forgiven yet; the last was at `time`."""

    count: int
    time: float

    def at(self, now: float) -> int:
        return max(0, self.count - int((now - self.time) / _FORGIVEN_IN))


class Throttle:
    """Safe to use from any thread; remembers nothing over a restart. Addresses are those of peers, without the port.

    What these methods return are seconds to wait, 0 where none.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        # Guards all below; held for a few instructions.
        self._lock = threading.Lock()
        self._pairs = _Recent[tuple[str, str], _Failures]()
        self._addresses = _Recent[str, TokenBucket]()
        self._accounts = _Recent[str, TokenBucket]()
        self._makers = _Recent[str, TokenBucket]()
        # Logins of each address that are being hashed or wait for it.
        self._waiting = Counter[str]()
        # From where each account was used.
        self._known = _Recent[str, tuple[str, ...]]()

    def reconfigure(self, config: Config) -> None:
        """New limits; those for an address or a name that has a count already hold when that is forgotten."""
        with self._lock:
            self._config = config

    def wait(self, name: str, address: str) -> float:
        """Until a login with this name may be looked at."""
        with self._lock:
            return self._wait(name, _network(address), self._clock.monotonic())

    def failed(self, name: str, address: str) -> float:
        """Counts a wrong password.

        Where others have failed meanwhile so that there is a wait now, it is not counted and must not be told: else
        many guesses at the same moment would all be answered.
        """
        network = _network(address)
        now = self._clock.monotonic()
        with self._lock:
            wait = self._wait(name, network, now)
            if not wait:
                self._count(name, network, now)
        return wait

    def succeeded(self, name: str, address: str) -> float:
        """Forgets the failures of this account from this address, which counts as its owner's from now on.

        Where there is a wait now, nothing is done, and it must not be told either.
        """
        network = _network(address)
        with self._lock:
            wait = self._wait(name, network, self._clock.monotonic())
            if not wait:
                self._pairs.forget((name, network))
                others = (one for one in self._known.get(name) or () if one != network)
                self._known.set(name, (*others, network)[-_MAX_KNOWN:])
        return wait

    @contextmanager
    def place(self, address: str) -> Iterator[None]:
        """One of the places where passwords wait for their turn, of which an address has half at the most.

        So nobody fills them alone, and the others still get in. Raises Busy where it has as many already.
        """
        network = _network(address)
        with self._lock:
            hashing = self._config.hashing
            if self._waiting[network] >= max(1, (hashing.at_once + hashing.waiting) // 2):
                raise Busy(_RETRY)
            self._waiting[network] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[network] -= 1
                if not self._waiting[network]:
                    del self._waiting[network]

    def take_account(self, address: str) -> float:
        """Takes one of the new accounts that an address may make; or the wait for the next."""
        with self._lock:
            allowed, now = self._config.address_accounts, self._clock.monotonic()
            bucket = self._bucket(self._makers, _network(address), allowed, 600.0, now)
            return bucket.take(now) if bucket else 0.0

    def give_back_account(self, address: str) -> None:
        """It was not made after all."""
        with self._lock:
            if bucket := self._makers.get(_network(address)):
                bucket.give_back()

    def _wait(self, name: str, network: str, now: float) -> float:
        waits = [self._pause(self._pairs.get((name, network)), now)]
        if not self._is_known(name, network):
            waits += [bucket.wait(now) for bucket in (self._addresses.get(network), self._accounts.get(name)) if bucket]
        return max(waits)

    def _count(self, name: str, network: str, now: float) -> None:
        config = self._config
        before = self._pairs.get((name, network))
        count = before.at(now) if before else 0
        # Counting stops with the longest wait, so that forgiving does not take for ever.
        is_full = count >= config.free_failures and self._penalty(count) >= config.longest_wait
        self._pairs.set((name, network), _Failures(count if is_full else count + 1, now))
        buckets = [self._bucket(self._addresses, network, config.address_failures, 60.0, now)]
        if not self._is_known(name, network):
            buckets.append(self._bucket(self._accounts, name, config.account_failures, 3600.0, now))
        for bucket in buckets:
            if bucket:
                bucket.take(now)

    def _pause(self, failures: _Failures | None, now: float) -> float:
        count = failures.at(now) if failures else 0
        if failures is None or count < self._config.free_failures:
            return 0.0
        return max(0.0, failures.time + self._penalty(count) - now)

    def _penalty(self, count: int) -> float:
        return min(2.0 ** (count - self._config.free_failures), self._config.longest_wait)

    def _is_known(self, name: str, network: str) -> bool:
        return network in (self._known.get(name) or ())

    def _bucket(
        self, buckets: _Recent[str, TokenBucket], key: str, allowed: int, seconds: float, now: float
    ) -> TokenBucket | None:
        """The bucket of a name or an address: so many at once, and then so many in these seconds."""
        bucket = buckets.get(key)
        if bucket is None and allowed:
            bucket = TokenBucket(allowed, allowed / seconds, now)
            buckets.set(key, bucket)
        return bucket


def _network(address: str) -> str:
    """What counts as one address: an IPv4 address, or an IPv6 network."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or _customer(found))


def _customer(address: IPv6Address) -> IPv6Network:
    return IPv6Network((address, _IPV6_NETWORK), strict=False)
