"""A TCP proxy that treats the connections through it badly, each in its own way.

A thread passes on what goes in one direction of a connection. Chance says in which direction, and after which octet, a
connection meets which trouble.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from types import TracebackType

from tests.relay import READ, Address, Connection, Relay


class Trouble(Enum):
    CUT = "closed, towards both sides"
    HALF = "closed in one direction"
    RESET = "reset, towards both sides"
    DROP = "nothing goes through any more, and nobody is told"
    STALL = "nothing goes through for a while"
    TRICKLE = "one octet at a time, for a while"


#: How often each trouble comes. A drop takes longest, since the sides have to miss each other.
_WEIGHTS = {
    Trouble.CUT: 35,
    Trouble.HALF: 15,
    Trouble.RESET: 35,
    Trouble.DROP: 5,
    Trouble.STALL: 5,
    Trouble.TRICKLE: 5,
}

#: Those after which the connection is lost.
_CUTS = (Trouble.CUT, Trouble.HALF, Trouble.RESET, Trouble.DROP)

#: One trouble in three comes within so many octets, towards the server and towards the client: during greeting, login
#: and the first of what was missed.
_EARLY = {True: 400, False: 1_500}

#: How much less goes towards the server.
_LESS = 5

#: Seconds that a stall lasts; that a drop does, which both sides should notice before; and between octets that trickle.
_STALL, _DROP, _TRICKLE = (0.1, 1.5), 12.0, 0.002

_TRICKLED = 150


@dataclass(frozen=True)
class _Plan:
    towards_server: bool
    #: So many octets pass in this direction, counted from the beginning.
    after: int
    trouble: Trouble


@dataclass(eq=False)
class _Pair(Connection):
    plan: _Plan | None = None
    #: Octets that have passed towards the server, and towards the client.
    passed: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    dropped: bool = False
    #: Directions in which something may still come.
    open: int = 2

    def __post_init__(self) -> None:
        for end in (self.client, self.server):
            end.settimeout(60)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def reset_when_closed(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class _EndedError(Exception):
    """This direction has met its trouble, and is over."""


class Proxy(Relay[_Pair]):
    """Passes everything on as it is until `begin`, and again after `calm`."""

    def __init__(self, upstream: Address, within: int, seed: int) -> None:
        """Each trouble comes within so many octets towards the client, or correspondingly fewer towards the server."""
        super().__init__(upstream, _Pair)
        self._within = {True: within // _LESS, False: within}
        # Guards all below, and says when something has happened.
        self._changed = threading.Condition()
        self._chance = Random(seed)
        self._happened: Counter[Trouble] = Counter()
        # Set while connections are left in peace.
        self._peace = threading.Event()
        self._peace.set()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._peace.set()
        super().__exit__(kind, error, trace)

    def begin(self) -> None:
        self._peace.clear()

    def calm(self) -> None:
        """No more trouble; what is stalled goes on, and what was dropped is closed."""
        self._peace.set()

    @property
    def happened(self) -> dict[str, int]:
        with self._changed:
            return {trouble.name.lower(): self._happened[trouble] for trouble in Trouble}

    def await_cuts(self, wanted: int, timeout: float) -> bool:
        """Waits until so many connections are lost."""
        with self._changed:
            return self._changed.wait_for(lambda: sum(self._happened[kind] for kind in _CUTS) >= wanted, timeout)

    def _pass_on(self, pair: _Pair, towards_server: bool) -> None:
        source, sink = pair.ways(towards_server)
        passed = pair.passed
        try:
            while octets := source.recv(READ):
                while octets and not pair.dropped:
                    plan = self._plan(pair, towards_server)
                    now = octets if plan is None else octets[: max(0, plan.after - passed[towards_server])]
                    sink.sendall(now)
                    passed[towards_server] += len(now)
                    octets = octets[len(now) :]
                    if plan is not None and passed[towards_server] >= plan.after:
                        octets = self._make_trouble(pair, plan.trouble, sink, octets)
                        pair.plan = None
            if not pair.dropped:
                sink.shutdown(socket.SHUT_WR)
        except _EndedError:
            pass
        except OSError:
            pair.shut()
        finally:
            self._end(pair)

    def _plan(self, pair: _Pair, towards_server: bool) -> _Plan | None:
        """The trouble that this direction is to meet, at an octet that has not passed yet."""
        with self._changed:
            if self._peace.is_set():
                pair.plan = None
            elif pair.plan is None:
                pair.plan = self._make_plan(pair)
            plan = pair.plan
        return plan if plan and plan.towards_server == towards_server else None

    def _make_plan(self, pair: _Pair) -> _Plan:
        chance = self._chance
        towards_server = chance.random() < 0.5
        within = (_EARLY if chance.random() < 0.33 else self._within)[towards_server]
        trouble = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        return _Plan(towards_server, pair.passed[towards_server] + chance.randrange(within), trouble)

    def _make_trouble(self, pair: _Pair, trouble: Trouble, sink: socket.socket, octets: bytes) -> bytes:
        """What is left to be passed on. Raises _EndedError where there is to be nothing more."""
        with self._changed:
            self._happened[trouble] += 1
            self._changed.notify_all()
        match trouble:
            case Trouble.STALL:
                self._peace.wait(self._chance.uniform(*_STALL))
                return octets
            case Trouble.TRICKLE:
                for octet in octets[:_TRICKLED]:
                    self._peace.wait(_TRICKLE)
                    sink.sendall(bytes([octet]))
                return octets[_TRICKLED:]
            case Trouble.DROP:
                pair.dropped = True
                self._peace.wait(_DROP)
                pair.shut()
            case Trouble.CUT:
                pair.shut()
            case Trouble.HALF:
                sink.shutdown(socket.SHUT_WR)
            case Trouble.RESET:
                # Nobody may be told of an end before the sockets are closed: that would be an ordinary one.
                pair.reset_when_closed()
                pair.dropped = True
                pair.shut(socket.SHUT_RD)
        raise _EndedError

    def _end(self, pair: _Pair) -> None:
        with self._lock:
            pair.open -= 1
            if pair.open:
                return
            self._connections.discard(pair)
        pair.close()
