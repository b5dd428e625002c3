"""Floods of slow, idle, guessing and registering connections: those who chat notice little."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.config import Hashing
from tests.chaos.attackers import LORIS, VICTIM
from tests.chaos.meter import Meter, come_first, message
from tests.chaos.process import use
from tests.chaos.report import Report
from tests.chaos.target import PASSWORD, PATIENCE, ROOT, Target
from tests.server.people import accounts_in

#: The connections of each flood, as a part of those of the largest.
_SHARES = {"slow-loris": 0.3, "idle": 1.0, "logins": 0.2, "registrations": 0.2}


@dataclass(frozen=True, slots=True)
class Sizes:
    #: One of them, or all.
    kind: str = "all"
    people: int = 20
    #: Connections of the largest flood.
    connections: int = 1_000
    #: Each round has a calm part and one with the flood, so many seconds long.
    rounds: int = 6
    seconds: float = 10.0
    #: Messages a second, of all people together, in turn.
    rate: float = 40.0
    #: The median of the parts' 99th percentiles under the flood, as a multiple of that of the calm parts.
    limit: float = 1.5


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("flood")
    names = [f"peer{n}" for n in range(sizes.people)]
    slow = [f"{LORIS}{n}" for n in range(_connections("slow-loris", sizes))]
    # Nobody is asked for a sign of life, since the meter gives none; and whoever does not log in is cut soon.
    target = Target(folder, [*names, *slow], linger=0.5, ping_every=3600, login_within=10)
    # What a guess costs is what the hash cost when it was made.
    with accounts_in(target.data, Hashing()) as accounts:
        accounts.register(VICTIM, PASSWORD)
    with target:
        meter = Meter(target.address, names)
        try:
            flood = Flood(target, meter, sizes)
            for kind in _SHARES if sizes.kind == "all" else [sizes.kind]:
                flood.measure(kind, report)
        finally:
            meter.close()
        # Who speaks first is heard first by all, and that may be somebody who began a moment later.
        heard = meter.ears[0].heard
        report.expect(sorted(heard) == list(range(1, flood.said + 1)), "not everything was heard once")
        report.expect(all(ear.heard == heard for ear in meter.ears), "not all have heard it in one order")
        report.expect(target.log("internal-error") == 0, "the server had internal errors")
        report.expect(target.stop() == 0, "the server does not stop in good order")
    return report


def _connections(kind: str, sizes: Sizes) -> int:
    return math.ceil(_SHARES[kind] * sizes.connections)


class Flood:
    def __init__(self, target: Target, meter: Meter, sizes: Sizes) -> None:
        self.said = 0
        self._target = target
        self._meter = meter
        self._sizes = sizes
        self._threads = use(target.pid).threads

    def measure(self, kind: str, report: Report) -> None:
        parts: dict[bool, list[list[float]]] = {False: [], True: []}
        before = self._counts()
        for _ in range(self._sizes.rounds):
            self._await_calm()
            parts[False].append(self._talk())
            parts[True].append(self._talk_under(kind))
        report.figures |= {f"{kind}: {event}": count - before[event] for event, count in self._counts().items()}
        calm, flooded = (
            [statistics.median(statistics.quantiles(part, n=100)[place] for part in parts[under]) for place in (49, 98)]
            for under in (False, True)
        )
        for place, name in enumerate(("p50", "p99")):
            report.figures[f"{kind}: {name} calm, ms"] = calm[place]
            report.figures[f"{kind}: {name} under the flood, ms"] = flooded[place]
        ratio = flooded[1] / calm[1]
        report.figures[f"{kind}: p99 under the flood / calm"] = ratio
        report.expect(ratio <= self._sizes.limit, f"{kind}: the p99 is {ratio:.2f} times that of the calm")

    def _counts(self) -> dict[str, int]:
        return {event: self._target.log(event) for event in ("connected", "login", "registered", "refused")}

    def _talk_under(self, kind: str) -> list[float]:
        """One part with the flood, and not before that is seen to be one."""
        connections = _connections(kind, self._sizes)
        enough = self._seen(kind) + connections // 2
        with attack(kind, self._target, connections):
            return self._talk(lambda: self._seen(kind) >= enough)

    def _seen(self, kind: str) -> int:
        """How often a flood has done what it does."""
        counts = self._counts()
        return counts["connected"] if kind in ("slow-loris", "idle") else counts["registered"] + counts["refused"]

    def _talk(self, enough: Callable[[], bool] = lambda: True) -> list[float]:
        """One part, also until it is enough; how late each message came to each of the people, in ms."""
        come_first()
        latencies: list[float] = []
        self._meter.latencies = latencies
        end = time.monotonic() + self._sizes.seconds
        while (now := time.monotonic()) < end or not enough():
            assert now < end + PATIENCE, "there is no flood"
            self.said += 1
            self._meter.ears[self.said % self._sizes.people].peer.send(message(self.said))
            time.sleep(max(0.0, now + 1 / self._sizes.rate - time.monotonic()))
        # What is still under way belongs to this part.
        assert self._meter.all_heard(self.said)
        return latencies

    def _await_calm(self) -> None:
        """Until nothing is left of the flood; the hashing threads may have come to stay.

        Guesses that wait for their turn are still checked, though nobody waits for the answer any more.
        """
        deadline = time.monotonic() + 4 * PATIENCE
        while use(self._target.pid).threads > self._threads + 4:
            assert time.monotonic() < deadline, "connections of the flood are still there"
            time.sleep(0.1)


@contextmanager
def attack(kind: str, target: Target, connections: int) -> Iterator[None]:
    host, port = target.address
    command = [sys.executable, "-m", "tests.chaos.attackers", kind, host, str(port), str(connections)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as attackers:
        try:
            assert attackers.stdout is not None
            assert attackers.stdout.readline() == "attacking\n"
            yield
            assert attackers.poll() is None, "the attackers have given up"
        finally:
            attackers.kill()
