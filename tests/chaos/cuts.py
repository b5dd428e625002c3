"""Connections that are cut, reset, stalled and dropped at any octet: exactly once, in order, everywhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.crew import AWAY, VISITOR, Crew, names
from tests.chaos.proxy import Proxy
from tests.chaos.report import Report
from tests.chaos.target import PATIENCE, Target


@dataclass(frozen=True, slots=True)
class Sizes:
    cuts: int = 1_000
    messages: int = 100_000
    senders: int = 4
    listeners: int = 4
    #: A connection is cut within so many octets towards the client.
    within: int = 150_000
    #: Seconds between two messages of a sender: all at full speed would leave the proxy no time.
    pause: float = 0.001
    seed: int = 1


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("cuts")
    senders, listeners = names(sizes.senders, sizes.listeners)
    began = time.monotonic()
    # A link that drops everything has to be missed soon: twice in the time that the proxy keeps it so.
    with (
        Target(folder, [*senders, *listeners, VISITOR, AWAY], ping_every=4.0) as target,
        Proxy(target.address, sizes.within, sizes.seed) as proxy,
        Crew(proxy.address, folder, senders, listeners, sizes.seed) as crew,
    ):
        proxy.begin()
        crew.talk(sizes.pause)
        # Chance may be unkind: every cut is followed by some time without a connection.
        report.expect(proxy.await_cuts(sizes.cuts, PATIENCE + 2.0 * sizes.cuts), "the cuts do not come to their number")
        report.expect(
            crew.acknowledged.reached(sizes.messages, PATIENCE + sizes.messages / 50),
            "the messages do not come to their number",
        )
        troubles = proxy.happened
        proxy.calm()
        crew.finish(report)
        crew.judge(report, target.messages, target.stop)
        report.expect(target.log("internal-error") == 0, "the server had internal errors")
    report.figures |= {**troubles, "seconds": time.monotonic() - began, "seed": sizes.seed}
    return report
