"""`kill -9` of the server under load, again and again: nothing lost, nothing twice, nothing out of order."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.chaos.crew import AWAY, VISITOR, Crew, names
from tests.chaos.report import Report
from tests.chaos.target import Target


@dataclass(frozen=True, slots=True)
class Sizes:
    kills: int = 200
    messages: int = 100_000
    senders: int = 4
    listeners: int = 3
    seed: int = 1


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("kill")
    senders, listeners = names(sizes.senders, sizes.listeners)
    began = time.monotonic()
    with (
        Target(folder, [*senders, *listeners, VISITOR, AWAY]) as target,
        Crew(target.address, folder, senders, listeners, sizes.seed) as crew,
    ):
        crew.talk()
        _kill(target, crew, sizes)
        report.expect(crew.acknowledged.reached(sizes.messages), "the messages do not come to their number")
        crew.finish(report)
        crew.judge(report, target.messages, target.stop)
        report.expect(target.log("internal-error") == 0, "the server had internal errors")
    report.figures |= {"kills": sizes.kills, "seconds": time.monotonic() - began, "seed": sizes.seed}
    return report


def _kill(target: Target, crew: Crew, sizes: Sizes) -> None:
    """Most kills come while messages flow; every fifth while the clients are still coming back."""
    chance = Random(sizes.seed)
    for number in range(sizes.kills):
        if number % 5 == 4:
            time.sleep(chance.uniform(0.0, 1.0))
        else:
            more = chance.randrange(1, 2 * sizes.messages // sizes.kills + 2)
            assert crew.acknowledged.reached(crew.acknowledged.count + more), "nothing is acknowledged any more"
        target.kill()
        target.start()
