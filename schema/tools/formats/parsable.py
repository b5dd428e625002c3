"""A line for each finding, as FILE:LINE:COLUMN: SEVERITY RULE SENTENCE, for editors and for grep.

Line and column are those inside the document; of a file that holds many, the frame and its octet follow.
"""

from __future__ import annotations

from typing import TextIO

from schema.tools.formats.report import Summary
from schema.tools.inputs.item import Where
from schema.tools.judging.checker import Heard
from schema.tools.judging.excerpts import harmless
from schema.tools.rules.finding import Finding


class Parsable:
    def __init__(self, out: TextIO, *, quiet: bool, colour: bool) -> None:  # noqa: ARG002
        self._out = out

    def valid(self, heard: Heard) -> None:
        said = heard.message.element if heard.message else "document"
        print(
            f"{_head(heard.document.where.stream.file, 1, 1)} valid {said}{_tail(heard.document.where)}", file=self._out
        )

    def finding(self, finding: Finding) -> None:
        head = _head(finding.where.stream.file, finding.line or 1, finding.column or 1)
        rule = finding.rule
        print(f"{head} {rule.severity.value} {rule.id} {finding.sentence}{_tail(finding.where)}", file=self._out)

    def finish(self, summary: Summary) -> None:
        pass


def _head(file: str, line: int, column: int) -> str:
    return f"{harmless(file)}:{line}:{column}:"


def _tail(where: Where) -> str:
    parts = [("connection", where.stream.connection), ("frame", where.frame), ("octet", where.offset)]
    known = ", ".join(f"{name} {value}" for name, value in parts if value is not None)
    return f" [{known}]" if known else ""
