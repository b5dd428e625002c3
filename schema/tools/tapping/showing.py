"""What was seen, in words for a person or as JSON lines for a program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol, TextIO

from lxml import etree

from schema.capture import Kind
from schema.messages import Side, as_fields
from schema.parsing import parse
from schema.tools.formats.message_line import told
from schema.tools.formats.text import coloured, lines_of, painted
from schema.tools.inputs.item import Where, utc
from schema.tools.judging.excerpts import harmless
from schema.tools.rules.finding import Finding, fields_of
from schema.tools.tapping.backlog import Opened, Unserved
from schema.tools.tapping.witness import Left, Seen, Shown

#: Characters of one line of text: a list of twenty thousand users is not for reading. --pretty shows all.
MAX_LINE = 400

_ARROWS = {Side.CLIENT: "-->", Side.SERVER: "<--"}
_COLOURS = {Side.CLIENT: "\x1b[36m", Side.SERVER: "\x1b[32m"}
_NO_ARROW = "==="


class Showing(Protocol):
    def show(self, shown: Shown) -> None: ...

    def finish(self, summary: dict[str, Any]) -> None: ...


class Text:
    """A line for each message, or its XML with `pretty`, and below it what is wrong with it."""

    def __init__(self, out: TextIO, *, pretty: bool = False) -> None:
        self._out, self._pretty, self._colour = out, pretty, coloured(out)

    def show(self, shown: Shown) -> None:
        print(*self._lines(shown), sep="\n", file=self._out, flush=True)

    def finish(self, summary: dict[str, Any]) -> None:
        said = [f"{summary['client']:,} from clients, {summary['server']:,} from the server"]
        if unserved := summary["unserved"]:
            said.append(f"{unserved:,} {'connection' if unserved == 1 else 'connections'} not passed on")
        found = [f"{rule} {count:,}" for rule, count in summary["findings"].items()]
        print(f"{', '.join(said)}; {', '.join(found) or 'nothing found'}", file=self._out, flush=True)

    def _lines(self, shown: Shown) -> list[str]:
        if isinstance(shown, Seen):
            side = shown.where.stream.sender
            assert side is not None
            arrow = painted(_ARROWS[side], _COLOURS[side], colour=self._colour)
            first, *rest = self._said(shown)
            head = _head(shown.where.time, shown.where.stream.connection)
            lines = [f"{head}  {arrow}  {shown.where.frame:>4}  {first}".rstrip(), *rest]
            return lines + self._findings(shown.findings, shown.where)
        if isinstance(shown, Left):
            said = "closed" if shown.closed.seen else "cut"
            lines = [f"{_head(shown.closed.time, shown.closed.connection)}  {_NO_ARROW}  {said}"]
            return lines + self._findings(shown.findings, None)
        what = f"opened by {shown.client}"
        if isinstance(shown, Unserved):
            what += f", and not passed on: {harmless(shown.reason)}"
        return [f"{_head(shown.time, shown.connection)}  {_NO_ARROW}  {what}"]

    def _said(self, seen: Seen) -> list[str]:
        if seen.message is None:
            return _raw(seen, whole=self._pretty)
        if self._pretty:
            return ["", *(f"    {harmless(line)}" for line in indented(seen.octets).splitlines())]
        return [_cut(harmless(told(seen.message)))]

    def _findings(self, findings: list[Finding], where: Where | None) -> list[str]:
        lines: list[str] = []
        for finding in findings:
            if finding.where is not where and finding.where.frame is not None:
                lines.append(f"  of the message {finding.where.frame}:")
            lines += lines_of(finding, colour=self._colour)
        return lines


class NdJson:
    """`type` says what a line is: `opened`, `unserved`, `message`, `octets`, `finding`, `closed`; last `summary`."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def show(self, shown: Shown) -> None:
        if isinstance(shown, Seen):
            self._write({"type": "message" if shown.kind is Kind.DOCUMENT else "octets", **_seen(shown)})
            self._found(shown.findings)
        elif isinstance(shown, Left):
            closed = shown.closed
            self._write({"type": "closed", "connection": closed.connection, "time": utc(closed.time)})
            self._found(shown.findings)
        else:
            plain = {"connection": shown.connection, "client": shown.client, "time": utc(shown.time)}
            more = {"server": shown.server} if isinstance(shown, Opened) else {"reason": shown.reason}
            self._write({"type": "opened" if isinstance(shown, Opened) else "unserved", **plain, **more})
        self._out.flush()

    def finish(self, summary: dict[str, Any]) -> None:
        self._write({"type": "summary", **summary})
        self._out.flush()

    def _found(self, findings: list[Finding]) -> None:
        for finding in findings:
            self._write({"type": "finding", **finding.as_fields()})

    def _write(self, said: dict[str, Any]) -> None:
        print(json.dumps(said, ensure_ascii=False), file=self._out)


def summed(said: dict[Side, int], unserved: int, findings: Mapping[str, int]) -> dict[str, Any]:
    """The summary: `client` and `server` are how many messages each has sent."""
    counts = {side.value: count for side, count in said.items()}
    return {**counts, "unserved": unserved, "findings": dict(sorted(findings.items()))}


def indented(document: bytes) -> str:
    """A valid document as XML over several lines."""
    root = parse(document)
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")


def _raw(seen: Seen, *, whole: bool) -> list[str]:
    count = f"{len(seen.octets):,} octets"
    if not seen.octets.strip(b"*"):
        never = "not a document" if seen.kind is Kind.OCTETS else "refused"
        return [f"({count}, {never}; not shown, since they may hold a password)"]
    text = seen.octets.decode("utf-8", "replace")
    if whole:
        return [f"({count}, refused)", *(f"    {harmless(line)}" for line in text.splitlines())]
    return [_cut(harmless(" ".join(text.split())))]


def _seen(seen: Seen) -> dict[str, Any]:
    fields = {name: value for name, value in fields_of(seen.where).items() if name not in ("file", "position")}
    fields["octets"] = len(seen.octets)
    if seen.message is not None:
        fields["message"] = as_fields(seen.message)
    if seen.octets.strip(b"*"):
        fields["document"] = seen.octets.decode("utf-8", "replace")
    return fields


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}…"


def _head(time: str | int | None, connection: int | None) -> str:
    """The time of the day, in UTC as in the documents, and the connection."""
    said = utc(time) if isinstance(time, int) else time
    return f"{(said or '').partition('T')[2].rstrip('Z')}  {connection:>3}"
