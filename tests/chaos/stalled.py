"""One reader that has stopped reading, among many: the others notice nothing, and it loses nothing."""

from __future__ import annotations

import re
import select
import selectors
import statistics
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from client import Client
from schema.framing import FrameReader
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Broadcast, Login, Pm, Resumed, Welcome
from tests.chaos.report import Report
from tests.chaos.target import PASSWORD, PATIENCE, Target
from tests.peer import Peer

SLOTH = "sloth"

_SAID = re.compile(rb"<broadcast .*<text>(\d+) (\d+) ")


@dataclass(frozen=True, slots=True)
class Sizes:
    peers: int = 49
    #: Each round has a part without the stalled reader and one with it, so many seconds long.
    rounds: int = 6
    seconds: float = 12.0
    #: Messages a second, and characters in each, of three octets. The kernel holds some 4 MiB for the stalled reader
    #: before the server finds out that it is.
    rate: float = 50.0
    size: int = 4_000
    #: The others' 99th percentile with the stalled reader, as a multiple of that without.
    limit: float = 1.2


@dataclass(eq=False)
class _Ear:
    """One of those who read at once."""

    peer: Peer
    frames: FrameReader = field(default_factory=lambda: FrameReader(MAX_SERVER_DOCUMENT))
    heard: list[int] = field(default_factory=list)


class Meter:
    """One thread reads for all, and looks only at when what was sent, so that it is not what is measured."""

    def __init__(self, address: tuple[str, int], names: list[str]) -> None:
        self.ears = [_Ear(Peer.at(address)) for _ in names]
        self.latencies: dict[bool, list[float]] = {False: [], True: []}
        #: Whether there is a stalled reader now.
        self.burdened = False
        self._selector = selectors.DefaultSelector()
        for ear, name in zip(self.ears, names, strict=True):
            ear.peer.login(name)
            self._selector.register(ear.peer.socket, selectors.EVENT_READ, ear)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="meter")
        self._thread.start()

    def close(self) -> None:
        self._stopping = True
        self._thread.join()
        self._selector.close()
        for ear in self.ears:
            ear.peer.close()

    def all_heard(self, count: int) -> bool:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if all(len(ear.heard) >= count for ear in self.ears):
                return True
            self._thread.join(0.01)
        return False

    def _run(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select(0.1):
                self._hear(key.data)

    def _hear(self, ear: _Ear) -> None:
        octets = ear.peer.socket.recv(256 * 1024)
        assert octets, "the server closed the connection of one who reads"
        for found in ear.frames.feed(octets):
            said = _SAID.match(found) if isinstance(found, bytes) else None
            if said is not None:
                ear.heard.append(int(said[1]))
                self.latencies[self.burdened].append((time.monotonic_ns() - int(said[2])) / 1e6)


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("stalled")
    names = [f"peer{n}" for n in range(sizes.peers)]
    # Nobody is asked for a sign of life, since the meter gives none.
    with Target(folder, ["speaker", SLOTH, *names], linger=0.5, ping_every=3600) as target:
        meter = Meter(target.address, names)
        try:
            with Peer.at(target.address) as speaker:
                speaker.login("speaker")
                said = _alternate(target, meter, speaker, sizes)
            report.expect(meter.all_heard(said), "not everybody hears everything")
        finally:
            meter.close()
        wrong = [ear for ear in meter.ears if ear.heard != list(range(1, said + 1))]
        report.expect(not wrong, f"{len(wrong)} readers have not heard everything once and in order")
        _come_back(target, said, report)
        _sum_up(target, meter, sizes, said, report)
    return report


def _alternate(target: Target, meter: Meter, speaker: Peer, sizes: Sizes) -> int:
    """Speaks all the time; how many messages there were."""
    said = 0
    for _ in range(sizes.rounds):
        for meter.burdened in (False, True):
            sloths: list[Peer] = []
            end = time.monotonic() + sizes.seconds
            ended = _ended(target)
            while (now := time.monotonic()) < end or (meter.burdened and _ended(target) == ended):
                if meter.burdened and (not sloths or _ended(target) - ended == len(sloths)):
                    sloths.append(_fall_asleep(target.address))
                said += 1
                speaker.send(Pm(id=str(said), text=f"{said} {time.monotonic_ns()} ".ljust(sizes.size, "漢")))
                _take_answers(speaker)
                time.sleep(max(0.0, now + 1 / sizes.rate - time.monotonic()))
            for sloth in sloths:
                sloth.close()
            # What is still under way belongs to this part.
            assert meter.all_heard(said)
    return said


def _ended(target: Target) -> int:
    return target.log_file.read_text().count(f"user={SLOTH} reason=too-slow")


def _fall_asleep(address: tuple[str, int]) -> Peer:
    """Logs in and reads no more."""
    asleep = Peer.at(address, window=4096)
    asleep.send(Login(id="1", name=SLOTH, password=PASSWORD, client="hammock"))
    return asleep


def _take_answers(speaker: Peer) -> None:
    """The speaker hears itself too, and must not become the slow one."""
    while select.select([speaker.socket], [], [], 0)[0]:
        speaker.socket.recv(256 * 1024)


def _come_back(target: Target, said: int, report: Report) -> None:
    with Client.connect(*target.address) as chat:
        welcome = chat.login(SLOTH, PASSWORD, device="hammock", since=0)
        assert isinstance(welcome, Welcome)
        heard = []
        for event in chat.events():
            if isinstance(event, Broadcast):
                heard.append(int(event.text.partition(" ")[0]))
            if isinstance(event, Resumed):
                break
    report.expect(heard == list(range(1, said + 1)), f"the slow one got {len(heard)} of {said} when it came back")


def _sum_up(target: Target, meter: Meter, sizes: Sizes, said: int, report: Report) -> None:
    report.figures |= {"messages": said, "readers": sizes.peers, "ended as too slow": _ended(target)}
    report.expect(_ended(target) >= sizes.rounds, "the stalled reader was not ended as too slow")
    p99 = {}
    for burdened, name in ((False, "without"), (True, "with")):
        percentiles = statistics.quantiles(meter.latencies[burdened], n=100)
        p99[burdened] = percentiles[98]
        report.figures[f"p50 {name} it, ms"] = percentiles[49]
        report.figures[f"p99 {name} it, ms"] = percentiles[98]
    ratio = p99[True] / p99[False]
    report.figures["p99 with / without"] = ratio
    report.expect(ratio <= sizes.limit, f"the others' p99 is {ratio:.2f} times that without the stalled reader")
