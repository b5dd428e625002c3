"""Plays scenarios: takes step after step to whoever has the connections, and says how each check came out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from schema.framing import frame
from schema.messages import Ping
from schema.tools.conformance.check import Check, Failed, Outcome, PassedOver, Result, Scenario, Skipped, Step
from schema.tools.conformance.line import Line
from schema.tools.conformance.pattern import Pattern, document
from schema.tools.conformance.words import Words
from schema.tools.formats.text import place
from schema.tools.rules.finding import Finding
from schema.tools.rules.table import Severity, chosen

#: Findings that the detail of a check names.
_NAMED = 3


class Stage(Protocol):
    """Where a scenario is played: it has the connections, and what only one of the kits can do."""

    words: Words

    @property
    def verbs(self) -> dict[str, Callable[[Step], None]]:
        """What only this stage can do. They raise Failed and Skipped."""

    def begin(self, scenario: Scenario) -> None:
        """Sets the stage."""

    def line(self, actor: str) -> Line:
        """The connection of an actor. Raises Failed and Skipped."""

    def lacks(self, need: str) -> str:
        """Why a check cannot be made that needs this; empty where it can."""

    def end(self) -> None:
        """Closes what this scenario has opened."""


@dataclass(slots=True)
class Verdicts:
    """What was found in all that was heard."""

    findings: list[Finding]
    documents: Callable[[], int]

    def result(self, check: Check) -> Result:
        """How a check came out that is about every document."""
        if not self.documents():
            return Result(check, Outcome.SKIP, "nothing was heard")
        rules = chosen(list(check.judges))
        broken = [one for one in self.findings if one.rule in rules and one.rule.severity is Severity.ERROR]
        if not broken:
            return Result(check, Outcome.PASS)
        said = [f"{one.rule.id} {one.rule.name}: {one.sentence} ({place(one.where)})" for one in broken[:_NAMED]]
        more = [f"and {len(broken) - _NAMED} more"] if len(broken) > _NAMED else []
        return Result(check, Outcome.FAIL, "; ".join(said + more))


def play(scenarios: Iterable[Scenario], stage: Stage, verdicts: Verdicts) -> Iterator[Result]:
    """The results, as they come. What is about every document is judged at the end."""
    judged: list[Check] = []
    for scenario in scenarios:
        if any(check.judges for check in scenario.checks):
            judged += scenario.checks
        else:
            yield from _scenario(scenario, stage)
    yield from (verdicts.result(check) for check in judged)


def _scenario(scenario: Scenario, stage: Stage) -> Iterator[Result]:
    # Why none of the checks that follow can be made; empty where they can.
    blocked = ""
    begun = False
    try:
        for check in scenario.checks:
            lacking = next(filter(None, map(stage.lacks, check.needs)), "")
            if blocked or lacking:
                yield Result(check, Outcome.SKIP, blocked or lacking)
                continue
            if not begun:
                begun = True
                stage.begin(scenario)
            try:
                _steps(check, stage)
            except PassedOver as passed:
                yield Result(check, Outcome.SKIP, str(passed))
            except Skipped as skipped:
                blocked = str(skipped)
                yield Result(check, Outcome.SKIP, blocked)
            except Failed as failed:
                blocked = f"{check.id} has failed before it"
                yield Result(check, Outcome.FAIL, str(failed))
            else:
                yield Result(check, Outcome.PASS)
    finally:
        stage.end()


def _steps(check: Check, stage: Stage) -> None:
    for step in check.steps:
        own = stage.verbs.get(step.verb)
        try:
            if own is not None:
                own(step)
            else:
                _VERBS[step.verb](stage.line(step.actor), step, stage.words)
        except Failed as failed:
            raise Failed(f"{step.actor} {step.verb}: {failed}") from None


def _says(line: Line, step: Step, words: Words) -> None:
    for said in step.documents:
        line.send(frame(document(words.fill(said))))


def _says_at_once(line: Line, step: Step, words: Words) -> None:
    line.send(b"".join(frame(document(words.fill(said))) for said in step.documents))


def _says_in_pieces(line: Line, step: Step, words: Words) -> None:
    """`says in pieces of 1: <…/>`: the number is the first document."""
    size, *said = step.documents
    for one in said:
        line.send(frame(document(words.fill(one))), int(size.rstrip(":")))


def _begins(line: Line, step: Step, words: Words) -> None:
    """`begins 3`: so many octets of the frame of a document; `finishes` sends the rest of the same document."""
    count, said = step.documents
    line.begin(frame(document(words.fill(said))), int(count))


def _finishes(line: Line, _step: Step, _words: Words) -> None:
    line.finish()


def _sends(line: Line, step: Step, _words: Words) -> None:
    line.send(bytes.fromhex(" ".join(step.documents)))


def _frames(line: Line, step: Step, words: Words) -> None:
    r"""One frame of what is said as it is, with `\xff` for an octet."""
    for said in step.documents:
        escaped = words.fill(said).encode("latin-1", "backslashreplace")
        line.send(frame(escaped.decode("unicode_escape").encode("latin-1")))


def _patterns(step: Step, words: Words) -> Iterator[Pattern]:
    # One after the other, since one may use what the one before it was the first to hear.
    return (Pattern(said, words) for said in step.documents)


def _hears(line: Line, step: Step, words: Words) -> None:
    for pattern in _patterns(step, words):
        line.hear(pattern)


def _hears_in_order(line: Line, step: Step, words: Words) -> None:
    line.hear(*_patterns(step, words), in_order=True)


def _has_not_heard(line: Line, step: Step, words: Words) -> None:
    line.drain()
    for pattern in _patterns(step, words):
        heard = line.inbox.has_heard(pattern)
        if heard is not None:
            raise Failed(f"got {heard.shown}")


def _hears_no_more(line: Line, step: Step, words: Words) -> None:
    """Of what is named, after something that comes behind it."""
    line.drain()
    for pattern in _patterns(step, words):
        if line.inbox.take(pattern) is not None:
            raise Failed(f"got {pattern.said} again")


def _catches_up(line: Line, _step: Step, words: Words) -> None:
    """Waits until everything before was answered, as far as the order of a connection goes."""
    line.pings += 1
    id = words.fill(f"#{900_000 + line.pings}")
    line.send(frame(document(f'<{Ping.element} id="{id}"/>')))
    line.hear(Pattern(f'<pong re="{id}"/>', words))


def _knows(_line: Line, step: Step, words: Words) -> None:
    """`knows {one} to be {other}`, or `not to be`: compares what was heard."""
    one, _, other = words.fill(" ".join(step.documents)).partition(" to be ")
    unequal = one.endswith(" not")
    if (one.removesuffix(" not") == other) is unequal:
        raise Failed(f"both are {other}" if unequal else f"it is {one} and not {other}")


_VERBS: dict[str, Callable[[Line, Step, Words], None]] = {
    "says": _says,
    "says at once": _says_at_once,
    "says in pieces of": _says_in_pieces,
    "begins": _begins,
    "finishes": _finishes,
    "sends": _sends,
    "frames": _frames,
    "hears": _hears,
    "hears in order": _hears_in_order,
    "hears no more": _hears_no_more,
    "has not heard": _has_not_heard,
    "catches up": _catches_up,
    "is hung up on": lambda line, _step, _words: line.wait_for_end(),
    "knows": _knows,
    "closes": lambda line, _step, _words: line.close(),
    "cuts": lambda line, _step, _words: line.cut(),
}
