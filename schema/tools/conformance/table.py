"""Reads the tables of checks, the files *.checks beside this one, and says how they are written.

    check wrong-room
      > A room that does not exist gets `no-such-room`.
      needs second
      anna says <who id="#1" room="{room}"/>
      anna hears <error re="#1" code="no-such-room" action="modify"/>
    also still-there
      > …

`>` quotes PROTOCOL.md. `needs` names what the check cannot do without, `judges` rules of `validate`. The other lines
are steps: who, a verb, and documents without their namespace, on the same line or, further in, on the next ones. `also`
goes on with the conversation of the check before it. What may stand in a document is told in words.py, and in one that
is heard in pattern.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from schema.errors import ChatError
from schema.tools.conformance.check import Check, Scenario, Step

FOLDER = Path(__file__).parent

#: What an actor can do.
VERBS = (
    *("connects", "connects without TLS", "logs in", "accepts", "greets", "lets in", "answers no pings"),
    *("floods", "errs on and on", "has a sound TLS", "offers an old TLS", "shows the certificate of a stranger"),
    *("says", "says at once", "says in pieces of", "begins", "finishes", "sends", "frames"),
    *("hears", "hears in order", "hears nothing", "hears no more", "hears no more for a while", "may hear"),
    *("has not heard", "catches up", "knows", "is hung up on", "is hung up on with notice", "closes", "cuts"),
    *("types", "sees", "sees once", "has not seen", "stays away", "goes on"),
)

# `says at once` is no `says`.
_LONGEST_FIRST = sorted(VERBS, key=len, reverse=True)
_STEP = re.compile(rf"(?P<actor>[a-z]\w*) (?P<verb>{'|'.join(_LONGEST_FIRST)})\b:?(?: (?P<rest>.*))?")
_HEAD = re.compile(r"(?P<word>check|also) (?P<name>[a-z0-9-]+)")


class BadTable(ChatError):
    """A line of a table that means nothing."""


def tables(folder: str) -> tuple[Scenario, ...]:
    """All scenarios of a folder of tables, by file."""
    paths = sorted((FOLDER / folder).glob("*.checks"))
    return tuple(scenario for path in paths for scenario in read(path.read_text(encoding="utf-8"), path.stem))


def read(text: str, subject: str) -> Iterator[Scenario]:
    """The scenarios of one table. Raises BadTable."""
    checks: list[Check] = []
    for word, check in _checks(text, subject):
        if word == "check" and checks:
            yield Scenario(tuple(checks))
            checks = []
        elif word == "also" and not checks:
            raise BadTable(f"{check.id}: there is nothing before it that it could go on with")
        checks.append(check)
    if checks:
        yield Scenario(tuple(checks))


class _Draft:
    """A check that is being read."""

    def __init__(self, word: str, name: str) -> None:
        self.word, self.name = word, name
        self.quote: list[str] = []
        self.steps: list[Step] = []
        self.needs: list[str] = []
        self.judges: list[str] = []

    def done(self, subject: str) -> Check:
        if not self.quote:
            raise BadTable(f"{subject}/{self.name} quotes nothing")
        if not self.steps and not self.judges:
            raise BadTable(f"{subject}/{self.name} does nothing")
        return Check(
            f"{subject}/{self.name}",
            " ".join(self.quote),
            tuple(self.steps),
            tuple(self.needs),
            tuple(self.judges),
        )


def _checks(text: str, subject: str) -> Iterator[tuple[str, Check]]:
    draft: _Draft | None = None
    for number, line in enumerate(text.splitlines(), 1):
        said = line.strip()
        if not said or said.startswith("#"):
            continue
        head = _HEAD.fullmatch(said)
        if head is not None and not line[0].isspace():
            if draft is not None:
                yield draft.word, draft.done(subject)
            draft = _Draft(head["word"], head["name"])
        elif draft is None or not _take(draft, number, said):
            raise BadTable(f"{subject}, line {number}: {said}")
    if draft is not None:
        yield draft.word, draft.done(subject)


def _take(draft: _Draft, number: int, said: str) -> bool:
    """Adds a line to a check. Whether it means anything."""
    word, _, rest = said.partition(" ")
    if word == ">":
        draft.quote.append(rest.strip())
    elif word == "needs":
        draft.needs.append(rest)
    elif word == "judges":
        draft.judges += rest.split()
    elif said.startswith("<"):
        if not draft.steps:
            return False
        last = draft.steps[-1]
        draft.steps[-1] = Step(last.line, last.actor, last.verb, (*last.documents, said))
    elif step := _STEP.fullmatch(said):
        documents = (step["rest"],) if step["rest"] else ()
        draft.steps.append(Step(number, step["actor"], step["verb"], documents))
    else:
        return False
    return True
