"""One thing that was found, with all that a reader needs to see why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schema.tools.inputs.item import Where
from schema.tools.rules.table import Rule


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line of a document with what is at fault in it: `column` counts from 1 in `text`, `length` in characters.

    Of a long line a part is shown; it was cut at the ends that begin or end with `…`. Secrets are blanked.
    """

    line: int
    text: str
    column: int
    length: int


@dataclass(frozen=True, slots=True)
class Declared:
    """What a schema says of the place at fault: the line of the XSD, and the name of the type there."""

    file: str
    line: int
    type: str | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f" type {self.type}" if self.type else "")


@dataclass(frozen=True, slots=True)
class Finding:
    """`line` and `column` are those inside the document, from 1; `at` is the path of the element or attribute."""

    rule: Rule
    sentence: str
    where: Where
    line: int | None = None
    column: int | None = None
    at: str | None = None
    excerpt: Excerpt | None = None
    declared: Declared | None = None

    def as_fields(self) -> dict[str, Any]:
        """For programs; what is not known is left out."""
        plain: dict[str, Any] = {
            "rule": self.rule.id,
            "name": self.rule.name,
            "layer": self.rule.layer.value,
            "severity": self.rule.severity.value,
            "message": self.sentence,
            **fields_of(self.where),
            "line": self.line,
            "column": self.column,
            "at": self.at,
            "source": self.excerpt.text if self.excerpt else None,
            "schema": str(self.declared) if self.declared else None,
        }
        return {name: value for name, value in plain.items() if value is not None}


def fields_of(where: Where) -> dict[str, Any]:
    """The same of a place. `offset` and `position` count octets from 0, in the file and in the stream."""
    stream = where.stream
    plain = {
        "file": stream.file,
        "connection": stream.connection,
        "sender": stream.sender.value if stream.sender else None,
        "client": stream.client,
        "server": stream.server,
        "frame": where.frame,
        "offset": where.offset,
        "position": where.position,
        "packet": where.packet,
        "time": where.utc,
    }
    return {name: value for name, value in plain.items() if value is not None}
