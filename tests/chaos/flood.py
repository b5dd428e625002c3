"""Floods of slow, idle, guessing and registering connections: those who chat notice little.

A flood of a server is compared with the same flood of one that does nothing (null_server.py), so that the difference is
what the server makes of it, and not what the flooders take of the machine.
"""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.accounts_file import AccountsFile
from server.config import ACCOUNTS, Hashing
from tests.chaos.attackers import LORIS, VICTIM, VICTIMS
from tests.chaos.meter import Meter, come_first, message
from tests.chaos.process import use
from tests.chaos.report import Report
from tests.chaos.target import PASSWORD, PATIENCE, ROOT, Target
from tests.server.people import accounts_in

#: The connections of each flood, as a part of those of the largest.
_SHARES = {"slow-loris": 0.3, "idle": 1.0, "logins": 0.2, "registrations": 0.2}

#: What the throttles are for; the others are the same without them.
_THROTTLED = ("logins", "registrations")

#: Seconds after which whoever has not logged in is cut.
_LOGIN_WITHIN = 10


@dataclass(frozen=True, slots=True)
class Sizes:
    #: One of them, or all.
    kind: str = "all"
    #: With the throttles that a server has by default, "on", also without them, "both", or only so, "off".
    throttles: str = "both"
    people: int = 20
    #: Connections of the largest flood.
    connections: int = 1_000
    #: Each round has a part with the flood elsewhere and one with it here, so many seconds long.
    rounds: int = 6
    seconds: float = 10.0
    #: Messages a second, of all people together, in turn.
    rate: float = 40.0
    #: The median of the parts' 99th percentiles under the flood, as a multiple of that with the flood elsewhere. It is
    #: kept to with the throttles that a server has by default; without them it is only measured.
    limit: float = 1.5


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("flood")
    kinds = list(_SHARES) if sizes.kind == "all" else [sizes.kind]
    with _null_server() as elsewhere:
        if sizes.throttles != "off":
            _run(folder / "throttled", sizes, kinds, elsewhere, report, throttled=True)
        unthrottled = [kind for kind in kinds if kind in _THROTTLED]
        if unthrottled and sizes.throttles != "on":
            _run(folder / "unthrottled", sizes, unthrottled, elsewhere, report, throttled=False)
    return report


def _run(
    folder: Path, sizes: Sizes, kinds: list[str], elsewhere: tuple[str, int], report: Report, *, throttled: bool
) -> None:
    folder.mkdir()
    names = [f"peer{n}" for n in range(sizes.people)]
    slow = [f"{LORIS}{n}" for n in range(_connections("slow-loris", sizes))]
    # Nobody is asked for a sign of life, since the meter gives none; and whoever does not log in is cut soon.
    target = Target(
        folder, [*names, *slow], throttled=throttled, linger=0.5, ping_every=3600, login_within=_LOGIN_WITHIN
    )
    _register_victims(target)
    with target:
        meter = Meter(target.address, names)
        try:
            flood = Flood(target, elsewhere, meter, sizes)
            for kind in kinds:
                ratio = flood.measure(kind, report, kind if throttled else f"{kind}, no throttles")
                if throttled:
                    report.expect(ratio <= sizes.limit, f"{kind}: the p99 is {ratio:.2f} times that of the calm")
        finally:
            meter.close()
        # Who speaks first is heard first by all, and that may be somebody who began a moment later.
        heard = meter.ears[0].heard
        report.expect(sorted(heard) == list(range(1, flood.said + 1)), "not everything was heard once")
        report.expect(all(ear.heard == heard for ear in meter.ears), "not all have heard it in one order")
        report.expect(target.log("internal-error") == 0, "the server had internal errors")
        report.expect(target.stop() == 0, "the server does not stop in good order")


def _register_victims(target: Target) -> None:
    """What a guess costs is what the hash cost when it was made; one is enough for all."""
    first, *others = (f"{VICTIM}{number}" for number in range(VICTIMS))
    with accounts_in(target.data, Hashing(apart=False)) as accounts:
        accounts.register(first, PASSWORD)
    with closing(AccountsFile(target.data / ACCOUNTS)) as file:
        for name in others:
            file.change(
                "INSERT INTO account (name, hash, registered) SELECT ?, hash, registered FROM account WHERE name = ?",
                (name, first),
            )


def _connections(kind: str, sizes: Sizes) -> int:
    return math.ceil(_SHARES[kind] * sizes.connections)


class Flood:
    def __init__(self, target: Target, elsewhere: tuple[str, int], meter: Meter, sizes: Sizes) -> None:
        self.said = 0
        self._target = target
        self._elsewhere = elsewhere
        self._meter = meter
        self._sizes = sizes
        self._threads = use(target.pid).threads

    def measure(self, kind: str, report: Report, title: str) -> float:
        """The p99 under the flood, as a multiple of that with the same flood elsewhere."""
        parts: dict[bool, list[list[float]]] = {False: [], True: []}
        before = self._counts()
        for _ in range(self._sizes.rounds):
            self._await_calm()
            with attack(kind, self._elsewhere, _connections(kind, self._sizes)):
                parts[False].append(self._talk())
            parts[True].append(self._talk_under(kind))
        report.figures |= {f"{title}: {event}": count - before[event] for event, count in self._counts().items()}
        calm, flooded = (
            [statistics.median(statistics.quantiles(part, n=100)[place] for part in parts[under]) for place in (49, 98)]
            for under in (False, True)
        )
        for place, name in enumerate(("p50", "p99")):
            report.figures[f"{title}: {name} with the flood elsewhere, ms"] = calm[place]
            report.figures[f"{title}: {name} with the flood here, ms"] = flooded[place]
        ratio = flooded[1] / calm[1]
        report.figures[f"{title}: p99 here / elsewhere"] = ratio
        return ratio

    def _counts(self) -> dict[str, int]:
        return {event: self._target.log(event) for event in ("connected", "login", "registered", "refused")}

    def _talk_under(self, kind: str) -> list[float]:
        """One part with the flood, and not before that is seen to be one."""
        connections = _connections(kind, self._sizes)
        enough = self._seen(kind) + connections // 2
        with attack(kind, self._target.address, connections):
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
def attack(kind: str, address: tuple[str, int], connections: int) -> Iterator[None]:
    host, port = address
    with _program("attackers", kind, host, str(port), str(connections)) as (attackers, said):
        assert said == "attacking"
        yield
        assert attackers.poll() is None, "the attackers have given up"


@contextmanager
def _null_server() -> Iterator[tuple[str, int]]:
    """Where it listens."""
    with _program("null_server", str(_LOGIN_WITHIN)) as (_, port):
        yield "127.0.0.1", int(port)


@contextmanager
def _program(module: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """One of this package, with the first line that it says; it is killed at the end."""
    command = [sys.executable, "-m", f"tests.chaos.{module}", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()
