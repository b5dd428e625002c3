"""`python -m tests.fuzz --seconds N`; exit status 1 where the invariant in judge.py did not hold."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing import get_context

from tests.fuzz.runs import DOCUMENTS, STREAMS, Tally, run

#: Executions that a process does before it says what it found.
_SHARE = 100 * (DOCUMENTS + STREAMS)

#: Findings after which more would only be more of the same.
_ENOUGH = 20


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, help="how long (60, where no --executions are given)")
    parser.add_argument("--executions", type=int, help="how many documents and streams")
    parser.add_argument("--seed", type=int, help="the number of the first round; without it a random one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once (as many as cores)")
    said = parser.parse_args()
    if said.seconds is None and said.executions is None:
        said.seconds = 60.0
    if said.seed is None:
        said.seed = random.randrange(10**9) * 10**6
    return said


def _shares(seed: int, executions: int | None) -> Iterator[tuple[int, int]]:
    """The first round and the executions of each share."""
    left = executions
    while left is None or left > 0:
        share = _SHARE if left is None else min(_SHARE, left)
        yield seed, share
        seed += -(-share // (DOCUMENTS + STREAMS))
        left = None if left is None else left - share


def main() -> int:
    said = _arguments()
    began = time.monotonic()
    total = Tally()
    shares = _shares(said.seed, said.executions)
    print(f"first seed {said.seed}, {said.jobs} processes", flush=True)
    with ProcessPoolExecutor(said.jobs, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(run, *share) for share in _first(shares, 2 * said.jobs)}
        shown = began
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                tally = future.result()
                for finding in tally.findings:
                    print(finding, flush=True)
                total.add(tally)
            now = time.monotonic()
            if (said.seconds is None or now - began < said.seconds) and len(total.findings) < _ENOUGH:
                running |= {pool.submit(run, *share) for share in _first(shares, len(done))}
            if now - shown > 30:
                shown = now
                print(f"{total.executions:,} executions, {len(total.findings)} findings", flush=True)
    seconds = time.monotonic() - began
    outcomes = ", ".join(f"{name} {count:,}" for name, count in total.outcomes.most_common())
    print(f"{total.executions:,} executions in {seconds:,.0f} s, {len(total.findings)} findings\n{outcomes}")
    return 1 if total.findings else 0


def _first(shares: Iterator[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    return [share for _, share in zip(range(count), shares, strict=False)]


if __name__ == "__main__":
    sys.exit(main())
