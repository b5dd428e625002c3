"""One reader that has stopped reading, among many: the others notice nothing, and it loses nothing."""

from __future__ import annotations

import select
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from client import Client
from schema.messages import Broadcast, Login, Resumed, Welcome
from tests.chaos.meter import Meter, message
from tests.chaos.report import Report
from tests.chaos.target import PASSWORD, Target
from tests.peer import Peer

SLOTH = "sloth"


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


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("stalled")
    names = [f"peer{n}" for n in range(sizes.peers)]
    # Nobody is asked for a sign of life, since the meter gives none.
    with Target(folder, ["speaker", SLOTH, *names], linger=0.5, ping_every=3600) as target:
        meter = Meter(target.address, names)
        try:
            with Peer.at(target.address) as speaker:
                speaker.login("speaker")
                latencies: dict[bool, list[float]] = {False: [], True: []}
                said = _alternate(target, meter, speaker, sizes, latencies)
            report.expect(meter.all_heard(said), "not everybody hears everything")
        finally:
            meter.close()
        wrong = [ear for ear in meter.ears if ear.heard != list(range(1, said + 1))]
        report.expect(not wrong, f"{len(wrong)} readers have not heard everything once and in order")
        _come_back(target, said, report)
        _sum_up(target, latencies, sizes, said, report)
    return report


def _alternate(target: Target, meter: Meter, speaker: Peer, sizes: Sizes, latencies: dict[bool, list[float]]) -> int:
    """Speaks all the time; how many messages there were."""
    said = 0
    for _ in range(sizes.rounds):
        for burdened in (False, True):
            meter.latencies = latencies[burdened]
            sloths: list[Peer] = []
            end = time.monotonic() + sizes.seconds
            ended = _ended(target)
            while (now := time.monotonic()) < end or (burdened and _ended(target) == ended):
                if burdened and (not sloths or _ended(target) - ended == len(sloths)):
                    sloths.append(_fall_asleep(target.address))
                said += 1
                speaker.send(message(said, sizes.size))
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


def _sum_up(target: Target, latencies: dict[bool, list[float]], sizes: Sizes, said: int, report: Report) -> None:
    report.figures |= {"messages": said, "readers": sizes.peers, "ended as too slow": _ended(target)}
    report.expect(_ended(target) >= sizes.rounds, "the stalled reader was not ended as too slow")
    p99 = {}
    for burdened, name in ((False, "without"), (True, "with")):
        percentiles = statistics.quantiles(latencies[burdened], n=100)
        p99[burdened] = percentiles[98]
        report.figures[f"p50 {name} it, ms"] = percentiles[49]
        report.figures[f"p99 {name} it, ms"] = percentiles[98]
    ratio = p99[True] / p99[False]
    report.figures["p99 with / without"] = ratio
    report.expect(ratio <= sizes.limit, f"the others' p99 is {ratio:.2f} times that without the stalled reader")
