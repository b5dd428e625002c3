"""For a person: where, what, the line with a caret, and what the schema says there."""

from __future__ import annotations

import os
from typing import TextIO

from schema.tools.formats.report import Summary, counted
from schema.tools.inputs.item import Where
from schema.tools.judging.checker import Heard
from schema.tools.judging.excerpts import harmless
from schema.tools.rules.finding import Finding
from schema.tools.rules.table import Severity

_COLOURS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m", Severity.NOTE: "\x1b[1;36m"}
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


class Text:
    def __init__(self, out: TextIO, *, quiet: bool, colour: bool) -> None:
        self._out, self._quiet, self._colour = out, quiet, colour

    def valid(self, heard: Heard) -> None:
        said = heard.message.element if heard.message else "document"
        print(f"{place(heard.document.where)}  valid {said}", file=self._out)

    def finding(self, finding: Finding) -> None:
        where = painted(place(finding.where), _BOLD, colour=self._colour)
        print(where, *lines_of(finding, colour=self._colour), sep="\n", file=self._out)

    def finish(self, summary: Summary) -> None:
        if not self._quiet:
            print(counted(summary), file=self._out)


def lines_of(finding: Finding, *, colour: bool) -> list[str]:
    """All that is said of a finding below its place."""
    rule = finding.rule
    at = f"{finding.line}:{finding.column or 1}  " if finding.line is not None else ""
    severity = painted(rule.severity.value, _COLOURS[rule.severity], colour=colour)
    lines = [f"  {at}{severity}  {rule.id} {rule.name}: {finding.sentence}"]
    if finding.excerpt is not None:
        number = f"{finding.excerpt.line:>5}"
        caret = " " * (finding.excerpt.column - 1) + "^" * finding.excerpt.length
        lines += [
            f"  {number} | {finding.excerpt.text}",
            f"  {'':5} | {painted(caret, _COLOURS[rule.severity], colour=colour)}",
        ]
    if finding.declared is not None:
        lines.append(f"  {'':5} = {finding.declared}")
    return lines


def painted(words: str, how: str, *, colour: bool) -> str:
    """`how` is the sequence that begins it."""
    return f"{how}{words}{_PLAIN}" if colour else words


def coloured(out: TextIO) -> bool:
    """Whether to, as https://no-color.org asks for."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def place(where: Where) -> str:
    """As `a.pcap  connection 3  client [::1]:51544 -> [::1]:7700  frame 17  octet 8412  packet 91`, and the time."""
    stream = where.stream
    parts = [harmless(stream.file)]
    if stream.connection is not None:
        parts.append(f"connection {stream.connection}")
    if stream.sender is not None:
        ends = f" {stream.client} -> {stream.server}" if stream.client is not None else ""
        if stream.sender.value == "server" and ends:
            ends = f" {stream.server} -> {stream.client}"
        parts.append(f"{stream.sender.value}{ends}")
    if where.frame is not None:
        parts.append(f"frame {where.frame}")
    if where.offset is not None:
        parts.append(f"octet {where.offset}")
    if where.packet is not None:
        parts.append(f"packet {where.packet}")
    if (time := where.utc) is not None:
        parts.append(time)
    return "  ".join(parts)
