"""A check: a sentence of PROTOCOL.md, and the script that finds out whether a client or a server keeps to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from schema.errors import ChatError


class Outcome(Enum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    SKIP = "skip"


class Failed(ChatError):
    """The one who is checked did not keep to a sentence; `str()` says what it did."""


class Skipped(ChatError):
    """A check cannot be made here; `str()` says why."""


class PassedOver(Skipped):
    """The same, and the conversation is where it would be after it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a script: who does what. `documents` are what is said or heard, or the words after the verb."""

    line: int
    actor: str
    verb: str
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """`id` is SUBJECT/NAME. `judges` are rules of `validate` of which nothing may be found in all that is heard."""

    id: str
    quote: str
    steps: tuple[Step, ...] = ()
    needs: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """Checks of one conversation: a later one is skipped where an earlier one has failed."""

    checks: tuple[Check, ...]

    @property
    def steps(self) -> Iterator[Step]:
        for check in self.checks:
            yield from check.steps


@dataclass(frozen=True, slots=True)
class Result:
    check: Check
    outcome: Outcome
    detail: str = ""

    def as_fields(self) -> dict[str, str]:
        """For programs."""
        plain = {"check": self.check.id, "quote": self.check.quote, "outcome": self.outcome.value}
        return {**plain, "detail": self.detail} if self.detail else plain
