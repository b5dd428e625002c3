"""What every format can do: take findings one by one, and a summary at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, TextIO

from schema.tools.judging.checker import Counts, Heard
from schema.tools.rules.finding import Finding


@dataclass(slots=True)
class Summary:
    """`unreadable` are the files that could not be read at all, and why."""

    files: list[str]
    counts: Counts
    unreadable: dict[str, str] = field(default_factory=dict)


class Report(Protocol):
    """Writes to the stream it was made with, and never holds on to more than a little of what it was given."""

    def __init__(self, out: TextIO, *, quiet: bool, colour: bool) -> None:
        """`quiet` leaves out the summary where it is not a part of the format; `colour` is for those that have any."""

    def valid(self, heard: Heard) -> None:
        """A document of which nothing was found; called only with --verbose."""

    def finding(self, finding: Finding) -> None: ...

    def finish(self, summary: Summary) -> None: ...


def counted(summary: Summary) -> str:
    """In words, as `3 documents, 2 valid, 1 invalid, 1 note`."""
    counts = summary.counts.as_fields()
    parts = [f"{counts['documents']:,} {'document' if counts['documents'] == 1 else 'documents'}"]
    parts += [f"{counts['valid']:,} valid", f"{counts['invalid']:,} invalid"]
    for name in ("errors", "warnings", "notes"):
        if counts[name]:
            parts.append(f"{counts[name]:,} {name.removesuffix('s') if counts[name] == 1 else name}")
    return ", ".join(parts)
