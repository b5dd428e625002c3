"""The connection as the person sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Up:
    """All is well."""


@dataclass(frozen=True, slots=True)
class Down:
    """It is lost since `time`, and being made again."""

    reason: str
    time: str


@dataclass(frozen=True, slots=True)
class Returned:
    """It is back; it was down from `since`, and `missed` messages came late. `complete` once all of them have."""

    since: str
    missed: int = 0
    complete: bool = False


Link = Up | Down | Returned
