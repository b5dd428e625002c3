"""Passwords as argon2id hashes, made on threads of their own that give way to everybody who is chatting."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import HashingError, InvalidHashError, VerificationError
from argon2.low_level import Type, error_to_str

from server.config import Hashing
from server.errors import Busy

#: Seconds after which a login that was turned away as one too many should come back.
_RETRY = 5

#: What is added to the niceness of the hashing threads: a tenth of the share of a core that the others get. With none
#: the server's other threads were 43 ms late (p99), with 10 they were 7; with 19 a hashing thread that had the
#: interpreter's lock waited too long for a core, and everybody with it.
_NICENESS = 10

#: What argon2 says without memory (-22), or without a thread for a lane (-33).
_EXHAUSTED = {error_to_str(-22), error_to_str(-33)}

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
        self._argon2 = PasswordHasher(costs.passes, costs.memory_kib, costs.lanes)
        self._nobody = _hash_of_nobody(self._argon2)
        # Those who hash or wait for their turn.
        self._places = threading.BoundedSemaphore(costs.at_once + costs.waiting)
        self._threads = ThreadPoolExecutor(costs.at_once, "hashing", _give_way)

    def hash(self, password: str, wanted: Wanted = always) -> str:
        """A new salted hash, as text that carries its parameters (PHC string format)."""
        return self._run(wanted, self._argon2.hash, _normal(password))

    def verify(self, known: str, password: str, wanted: Wanted = always) -> bool:
        """Whether this is the password of a hash; what is no hash has none."""
        return self._run(wanted, self._matches, known, _normal(password))

    def verify_nobody(self, password: str, wanted: Wanted = always) -> bool:
        """False, after as long as `verify` takes: so that time does not tell whether there was a hash to look at."""
        return self.verify(self._nobody, password, wanted)

    def is_outdated(self, known: str) -> bool:
        """Whether a hash is cheaper than those of today, so that its password should be hashed again at the next login.

        Costs next to nothing.
        """
        try:
            made = extract_parameters(known)
        except InvalidHashError:
            return True
        return made.type is not Type.ID or made.memory_cost * made.time_cost < _effort(self._argon2)

    def stop(self) -> None:
        """Sends away who waits, finishes what is being hashed and ends the threads. May be called more than once."""
        self._threads.shutdown(cancel_futures=True)

    def _run(self, wanted: Wanted, work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
        def in_turn() -> Result:
            if not wanted():
                raise Busy(_RETRY)
            return work(*given, **named)

        if not self._places.acquire(blocking=False):
            raise Busy(_RETRY)
        try:
            return self._threads.submit(in_turn).result()
        # In this order: no more threads take anything, or nobody came to it before they stopped; there was no memory,
        # or no thread for a lane.
        except (RuntimeError, CancelledError, HashingError, VerificationError):
            raise Busy(_RETRY) from None
        finally:
            self._places.release()

    def _matches(self, known: str, password: str) -> bool:
        try:
            return self._argon2.verify(known, password)
        except InvalidHashError:
            return False
        except VerificationError as error:
            # A mismatch, or a hash that cannot be decoded; or nothing was found out.
            if str(error) in _EXHAUSTED:
                raise
            return False


def _effort(argon2: PasswordHasher) -> int:
    return argon2.memory_cost * argon2.time_cost


def _hash_of_nobody(argon2: PasswordHasher) -> str:
    """A hash with costs as all others have that no password leads to: it is random, and was not made from any."""
    costs = f"m={argon2.memory_cost},t={argon2.time_cost},p={argon2.parallelism}"
    salt, made = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (argon2.salt_len, argon2.hash_len)
    )
    return f"$argon2id$v=19${costs}${salt}${made}"


def _give_way() -> None:
    """Lowers the priority of this thread, and of the lanes that argon2 starts from it.

    Only Linux has a priority for each thread; elsewhere this would slow the whole server down.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)


def _normal(password: str) -> str:
    """One spelling for what looks the same: keyboards differ in how they compose an accent (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)
