"""Passwords hashed in a process of their own, which gives way to everybody who is chatting.

In the server's own process they made others late: the lanes of argon2 want every core at once, and 64 MiB are mapped
and given back for each hash, while all threads of a process share one address space. Where Linux schedules by sessions
(sched_autogroup), a niceness counts inside a session alone, and what hashing takes is taken from the chat's share: so
the process has a session of its own, and that has the niceness. And it keeps to one core, so that the lanes of a hash
leave the others alone.

It is this file, run as a program: it reads a line of JSON for each password from its standard input and answers with
one.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError
from argon2.low_level import error_to_str

#: What is added to its niceness: a tenth of the share of a core that the others get.
NICENESS = 10

#: The niceness of our session among the others, where Linux schedules by sessions (sched(7)).
_AUTOGROUP = Path("/proc/self/autogroup")

#: What argon2 says without memory (-22), or without a thread for a lane (-33).
_EXHAUSTED = {error_to_str(-22), error_to_str(-33)}


class Exhausted(Exception):
    """There was no memory for a hash, or no process or thread."""


class Argon2:
    """Hashes where it is called. Safe to use from any thread. The methods raise Exhausted."""

    def __init__(self, passes: int, memory_kib: int, lanes: int) -> None:
        self._argon2 = PasswordHasher(passes, memory_kib, lanes)

    def hash(self, password: str) -> str:
        try:
            return self._argon2.hash(password)
        except HashingError:
            raise Exhausted from None

    def matches(self, known: str, password: str) -> bool:
        try:
            return self._argon2.verify(known, password)
        except InvalidHashError:
            return False
        except VerificationError as error:
            # A mismatch, or a hash that cannot be decoded; or nothing was found out.
            if str(error) in _EXHAUSTED:
                raise Exhausted from None
            return False

    def close(self) -> None:
        """Nothing is open."""


class Argon2Process:
    """The same, in a process that is started with the first hash, and again if it has died. Not thread-safe."""

    def __init__(self, passes: int, memory_kib: int, lanes: int) -> None:
        self._costs = [str(cost) for cost in (passes, memory_kib, lanes)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """None where it is not running."""
        return self._process.pid if self._process else None

    def hash(self, password: str) -> str:
        return str(self._ask(None, password))

    def matches(self, known: str, password: str) -> bool:
        return bool(self._ask(known, password))

    def close(self) -> None:
        """Ends the process, if there is one, and waits for it."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        process.wait()
        process.stdout.close()

    def _ask(self, known: str | None, password: str) -> Any:
        try:
            if self._process is None:
                self._process = _start(self._costs)
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps([known, password]).encode() + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except OSError:
            answer = b""
        if not answer:
            # It could not be started, or has died; the next hash gets another one.
            self.close()
            raise Exhausted
        found = json.loads(answer)
        if found is None:
            raise Exhausted
        return found


def _start(costs: list[str]) -> subprocess.Popen[bytes]:
    # With -P, so that the modules beside this file do not pass for others.
    command = [sys.executable, "-P", __file__, *costs]
    return subprocess.Popen(  # noqa: S603 - our own file
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )


def _give_way() -> None:
    """As far as this system lets us."""
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with contextlib.suppress(OSError):
        _AUTOGROUP.write_text(str(NICENESS))
    with contextlib.suppress(OSError, AttributeError):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})


def serve(costs: list[str]) -> None:
    """Answers until the input ends, as it does with the server, however that ends: a hash, a verdict, or null."""
    _give_way()
    argon2 = Argon2(*map(int, costs))
    for line in sys.stdin.buffer:
        known, password = json.loads(line)
        found: str | bool | None
        try:
            found = argon2.hash(password) if known is None else argon2.matches(known, password)
        except Exhausted:
            found = None
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        serve(sys.argv[1:])
