"""Which checks are made: all of them, or those that --only names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from schema.tools.conformance.check import Check, Result, Scenario


def names(pattern: str, check: Check) -> bool:
    """Whether this word means the check: its id, its subject, or a pattern as the shell has them."""
    return pattern == check.id.partition("/")[0] or fnmatchcase(check.id, pattern)


def choose(scenarios: Iterable[Scenario], only: Iterable[str]) -> tuple[Scenario, ...]:
    """The scenarios with these checks in them, whole. Raises ValueError for a word that means none."""
    wanted = list(only)
    every = tuple(scenarios)
    if not wanted:
        return every
    for pattern in wanted:
        if not any(names(pattern, check) for scenario in every for check in scenario.checks):
            raise ValueError(f"there is no check {pattern!r}; --list names them")
    return tuple(one for one in every if any(names(word, check) for word in wanted for check in one.checks))


def chosen(results: Iterable[Result], only: Iterable[str]) -> Iterator[Result]:
    """The results that were asked for."""
    wanted = list(only)
    return (one for one in results if not wanted or any(names(pattern, one.check) for pattern in wanted))


def listed(scenarios: Iterable[Scenario]) -> Iterator[str]:
    """Each check with its sentence, for a person."""
    for scenario in scenarios:
        for check in scenario.checks:
            yield f"{check.id}\n    > {check.quote}"
