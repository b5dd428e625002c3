"""Minutes of traffic, logins, garbage and broken connections: the server then has what it had in the beginning."""

from __future__ import annotations

import contextlib
import socket
import statistics
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from schema.messages import Ex, Side
from tests.chaos.crew import AWAY, VISITOR, Crew, names
from tests.chaos.process import Use, use
from tests.chaos.report import Report
from tests.chaos.target import PASSWORD, PATIENCE, Target
from tests.examples import EXAMPLES
from tests.peer import Peer

#: Nothing that the server would store.
_GARBAGE = [
    example.stream
    for example in EXAMPLES
    if not example.valid and example.sender is Side.CLIENT and len(example.stream) < 100_000
]

_GUESTS = [f"guest{n}" for n in range(8)]

#: Seconds that a vandal waits for the server, which it may have given half a frame.
_PATIENCE = 1.0

#: Seconds between two looks at the server's memory.
_LOOK = 1.0

#: The part of the time after which memory should grow no more.
_WARM = 0.5


@dataclass(frozen=True, slots=True)
class Sizes:
    minutes: float = 10.0
    senders: int = 4
    listeners: int = 2
    #: Seconds between two messages of a sender.
    pause: float = 0.02
    #: Who come, misbehave and go, at the same time.
    vandals: int = 4
    seed: int = 1


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("soak")
    senders, listeners = names(sizes.senders, sizes.listeners)
    with Target(folder, [*senders, *listeners, VISITOR, AWAY, *_GUESTS], refusals=20) as target:
        # The first login starts the threads that hash.
        with Peer.at(target.address) as first:
            first.login(_GUESTS[0], password=PASSWORD)
            first.ask(Ex(id="ex"))
            first.expect_closed()
        before = use(target.pid)
        with Crew(target.address, folder, senders, listeners, sizes.seed) as crew:
            crew.talk(sizes.pause)
            visits, samples = _vandalise(target, sizes)
            crew.finish(report)
        after = _settled(target, before)
        crew.judge(report, target.messages, target.stop)
    report.figures |= {
        "minutes": sizes.minutes,
        "visits of vandals": visits,
        "refused documents": target.log("refused"),
    }
    report.figures |= {"descriptors before": before.descriptors, "descriptors after": after.descriptors}
    report.figures |= {"threads before": before.threads, "threads after": after.threads}
    report.figures |= {"memory at first, KiB": samples[0][1], "memory at last, KiB": samples[-1][1]}
    report.figures["memory grew, KiB/min"] = _slope(samples)
    report.expect(after.descriptors <= before.descriptors, "descriptors are left open")
    report.expect(after.threads <= before.threads, "threads are left")
    report.expect(target.log("internal-error") == 0, "the server had internal errors")
    return report


def _settled(target: Target, before: Use) -> Use:
    """Once everybody has gone, and what they left is cleared away."""
    deadline = time.monotonic() + PATIENCE
    while (now := use(target.pid)) and time.monotonic() < deadline:
        if now.descriptors <= before.descriptors and now.threads <= before.threads:
            break
        time.sleep(0.1)
    return now


def _vandalise(target: Target, sizes: Sizes) -> tuple[int, list[tuple[float, int]]]:
    """How often vandals came, and the memory that the server had at which minute."""
    stop = threading.Event()
    visits = [0] * sizes.vandals
    threads = [
        threading.Thread(target=_vandal, args=(target.address, stop, Random(f"{sizes.seed} {n}"), visits, n))
        for n in range(sizes.vandals)
    ]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    samples = []
    try:
        while (minute := (time.monotonic() - began) / 60) < sizes.minutes:
            samples.append((minute, use(target.pid).memory))
            stop.wait(_LOOK)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return sum(visits), samples


def _slope(samples: list[tuple[float, int]]) -> float:
    warm = samples[int(len(samples) * _WARM) :]
    return statistics.linear_regression(*zip(*warm, strict=True)).slope if len(warm) > 1 else 0.0


def _vandal(address: tuple[str, int], stop: threading.Event, chance: Random, visits: list[int], number: int) -> None:
    while not stop.wait(chance.uniform(0, 0.05)):
        visits[number] += 1
        # What the server answers is not its business; that the server ends the connection is its right.
        with contextlib.suppress(OSError, EOFError), Peer.at(address) as peer:
            peer.socket.settimeout(_PATIENCE)
            _misbehave(peer, chance)


def _misbehave(peer: Peer, chance: Random) -> None:
    if chance.random() < 0.6:
        peer.login(chance.choice(_GUESTS), PASSWORD)
    for _ in range(chance.randrange(30)):
        garbage = chance.choice(_GARBAGE) if chance.random() < 0.9 else chance.randbytes(300)
        # Sometimes only a part of it.
        peer.send_octets(garbage[: chance.randrange(len(garbage) + 1)] if chance.random() < 0.05 else garbage)
    match chance.randrange(4):
        case 0:
            peer.send(Ex(id="ex"))
            _read_on(peer)
        case 1:
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        case 2:
            peer.socket.shutdown(socket.SHUT_WR)
            _read_on(peer)


def _read_on(peer: Peer) -> None:
    """To the end of the stream, for a moment."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and peer.socket.recv(65_536):
        pass
