"""Rounds of the fuzzer: each makes a few documents from its number, harms them, and judges what comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from schema.framing import frame
from schema.messages import Side
from tests.fuzz.grammar import document
from tests.fuzz.judge import Judge, stream
from tests.fuzz.mutations import mutate, splice

#: Documents that a round judges, and streams after them.
DOCUMENTS, STREAMS = 30, 2


@dataclass(frozen=True, slots=True)
class Finding:
    """`seed` is the number of the round, and makes it again; `octets` is what was judged."""

    seed: int
    what: str
    octets: bytes

    def __str__(self) -> str:
        again = f"python -m tests.fuzz --seed {self.seed} --executions {DOCUMENTS + STREAMS}"
        return f"{self.what}\n  {again}\n  {self.octets[:2_000]!r}"


@dataclass(slots=True)
class Tally:
    executions: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.executions += other.executions
        self.outcomes += other.outcomes
        self.findings += other.findings


def run(seed: int, executions: int) -> Tally:
    """Rounds from this number on, until there were so many executions."""
    tally = Tally()
    judge = Judge()
    while tally.executions < executions:
        _round(seed, judge, tally)
        seed += 1
    return tally


def _round(seed: int, judge: Judge, tally: Tally) -> None:
    rng = Random(seed)
    sender = rng.choice(tuple(Side))
    base = [document(rng, sender) for _ in range(3)]
    judged: list[bytes] = []
    for octets in _harmed(base, rng):
        judged.append(octets)
        tally.executions += 1
        try:
            outcome = judge.document(octets, sender, guarded=rng.random() < 0.5)
        except Exception as error:
            tally.findings.append(Finding(seed, repr(error), octets))
        else:
            tally.outcomes[outcome] += 1
    for _ in range(STREAMS):
        octets = _stream(judged, rng)
        tally.executions += 1
        try:
            stream(octets, rng)
        except Exception as error:
            tally.findings.append(Finding(seed, repr(error), octets))
        else:
            tally.outcomes["stream"] += 1


def _harmed(base: list[bytes], rng: Random) -> Iterator[bytes]:
    yield from base
    for _ in range(DOCUMENTS - len(base)):
        octets = rng.choice(base)
        if rng.random() < 0.1:
            octets = splice(octets, rng.choice(base), rng)
        yield mutate(octets, rng)


def _stream(documents: list[bytes], rng: Random) -> bytes:
    """Frames behind each other, now and then with a length that lies."""
    made = []
    for octets in rng.choices(documents, k=4):
        framed = frame(octets)
        if rng.random() < 0.3:
            length = rng.choice((0, 3, 4, 5, len(octets), len(framed) + 1, 65_540, 65_541, 1 << 20, 1 << 24, 1 << 31))
            framed = length.to_bytes(4, "big") + octets
        made.append(framed if rng.random() < 0.9 else framed[: rng.randint(0, len(framed))])
    return b"".join(made)
