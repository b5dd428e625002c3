"""Passwords as argon2id hashes: so many are made at once, in processes that give way to everybody who is chatting."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from argon2 import DEFAULT_HASH_LENGTH, DEFAULT_RANDOM_SALT_LENGTH, extract_parameters
from argon2.exceptions import InvalidHashError
from argon2.low_level import Type

from server.config import Hashing
from server.errors import Busy
from server.hashing_process import Argon2, Argon2Process, Exhausted

#: Seconds after which a login that was turned away as one too many should come back.
_RETRY = 5

Given = ParamSpec("Given")
Result = TypeVar("Result")

#: Whether somebody still waits for a hash.
Wanted = Callable[[], bool]


def always() -> bool:
    """Who asks stays until there is an answer."""
    return True


class Hasher:
    """The one gate to argon2: so many at once, so many waiting, and Busy for who comes then or after `stop`.

    Safe to use from any thread. Every method that hashes blocks until it is done and raises Busy. Where `wanted` says
    no when its turn has come, nothing is hashed; it is asked by a thread of the gate and must not block.
    """

    def __init__(self, costs: Hashing) -> None:
        self._costs = costs
        self._nobody = _hash_of_nobody(costs)
        # Those who hash or wait for their turn.
        self._places = threading.BoundedSemaphore(costs.at_once + costs.waiting)
        self._threads = ThreadPoolExecutor(costs.at_once, "hashing", self._begin)
        # Where each of the threads hashes, and all of these; appending is atomic.
        self._own = threading.local()
        self._opened: list[Argon2 | Argon2Process] = []

    def hash(self, password: str, wanted: Wanted = always) -> str:
        """A new salted hash, as text that carries its parameters (PHC string format)."""
        return self._run(wanted, self._hash, _normal(password))

    def verify(self, known: str, password: str, wanted: Wanted = always) -> bool:
        """Whether this is the password of a hash; what is no hash has none."""
        return self._run(wanted, self._matches, known, _normal(password))

    def verify_nobody(self, password: str, wanted: Wanted = always) -> bool:
        """False, after as long as `verify` takes: so that time does not tell whether there was a hash to look at."""
        return self.verify(self._nobody, password, wanted)

    def check_free(self) -> None:
        """Raises Busy where all places are taken. Whoever comes next may still be the quicker one. Waits for nobody."""
        if not self._places.acquire(blocking=False):
            raise Busy(_RETRY)
        self._places.release()

    def is_outdated(self, known: str) -> bool:
        """Whether a hash is cheaper than those of today, so that its password should be hashed again at the next login.

        Costs next to nothing.
        """
        try:
            made = extract_parameters(known)
        except InvalidHashError:
            return True
        return made.type is not Type.ID or made.memory_cost * made.time_cost < _effort(self._costs)

    def stop(self) -> None:
        """Sends away who waits, finishes what is being hashed, and ends what was begun. May be called again."""
        self._threads.shutdown(cancel_futures=True)
        while self._opened:
            self._opened.pop().close()

    def _run(self, wanted: Wanted, work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
        def in_turn() -> Result:
            if not wanted():
                raise Busy(_RETRY)
            return work(*given, **named)

        if not self._places.acquire(blocking=False):
            raise Busy(_RETRY)
        try:
            return self._threads.submit(in_turn).result()
        # In this order: no more threads take anything, nobody came to it before they stopped, there was no memory.
        except (RuntimeError, CancelledError, Exhausted):
            raise Busy(_RETRY) from None
        finally:
            self._places.release()

    def _hash(self, password: str) -> str:
        return self._argon2().hash(password)

    def _matches(self, known: str, password: str) -> bool:
        return self._argon2().matches(known, password)

    def _argon2(self) -> Argon2 | Argon2Process:
        """That of this thread."""
        found: Argon2 | Argon2Process = self._own.argon2
        return found

    def _begin(self) -> None:
        """In each hashing thread, before all else."""
        costs = self._costs
        kind = Argon2Process if costs.apart else Argon2
        self._own.argon2 = kind(costs.passes, costs.memory_kib, costs.lanes)
        self._opened.append(self._own.argon2)


def _effort(costs: Hashing) -> int:
    return costs.memory_kib * costs.passes


def _hash_of_nobody(costs: Hashing) -> str:
    """A hash with costs as all others have that no password leads to: it is random, and was not made from any."""
    parameters = f"m={costs.memory_kib},t={costs.passes},p={costs.lanes}"
    salt, made = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (DEFAULT_RANDOM_SALT_LENGTH, DEFAULT_HASH_LENGTH)
    )
    return f"$argon2id$v=19${parameters}${salt}${made}"


def _normal(password: str) -> str:
    """One spelling for what looks the same: keyboards differ in how they compose an accent (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)
