"""`python -m schema validate`: which documents are valid, and what is wrong with the others, where, in words."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from schema.codec import decode
from schema.errors import Refusal
from schema.messages import Side
from schema.tools.sources import Item, Unreadable, read_items

VALID, INVALID, UNREADABLE = 0, 1, 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one document: the element it is, or why it was refused."""

    file: str
    item: Item
    sender: Side | None
    element: str | None = None
    refusal: Refusal | None = None

    @property
    def valid(self) -> bool:
        return self.refusal is None

    def as_fields(self) -> dict[str, Any]:
        """For JSON; what is not known is left out."""
        item, refusal = self.item, self.refusal
        plain: dict[str, Any] = {
            "file": self.file,
            "valid": self.valid,
            "element": self.element,
            "frame": item.frame,
            "offset": item.offset,
            "sender": self.sender.value if self.sender else None,
            "connection": item.connection,
            "time": item.time,
        }
        if refusal is not None:
            plain |= {
                "code": refusal.code.name,
                "message": refusal.sentence,
                "at": refusal.at,
                "line": refusal.line,
                "column": refusal.column,
            }
        return {name: value for name, value in plain.items() if value is not None}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="document, framed stream or capture; - is stdin")
    parser.add_argument("--format", choices=sorted(_FORMATS), default="text")
    parser.add_argument("--sender", choices=[side.value for side in Side], help="who sent it, if the file does not say")
    parser.add_argument("--quiet", action="store_true", help="leave out what is valid")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    sender = Side(arguments.sender) if arguments.sender else None
    report = _FORMATS[arguments.format]()
    status = VALID
    for name in arguments.files:
        try:
            for verdict in verdicts(name, sender):
                if not verdict.valid:
                    status = max(status, INVALID)
                if not (arguments.quiet and verdict.valid):
                    report.add(verdict)
        except Unreadable as error:
            print(f"{name}: cannot be read: {error}", file=sys.stderr)
            status = UNREADABLE
    report.finish()
    return status


def verdicts(name: str, sender: Side | None = None) -> Iterator[Verdict]:
    """A verdict for each document in the file, in order. Raises Unreadable."""
    for item in read_items(name):
        yield judge(name, item, sender)


def judge(name: str, item: Item, sender: Side | None = None) -> Verdict:
    known = item.sender or sender
    if isinstance(item.found, Refusal):
        return Verdict(name, item, known, refusal=item.found)
    try:
        return Verdict(name, item, known, element=decode(item.found, known).element)
    except Refusal as refusal:
        return Verdict(name, item, known, refusal=refusal)


class _Text:
    """One line each, the invalid ones as FILE:LINE:COLUMN: CODE: SENTENCE, which editors can jump to."""

    def __init__(self) -> None:
        self._count = {True: 0, False: 0}

    def add(self, verdict: Verdict) -> None:
        self._count[verdict.valid] += 1
        item, refusal = verdict.item, verdict.refusal
        frame = f" frame {item.frame} (octet {item.offset})" if item.frame is not None else ""
        sender = f" from the {verdict.sender.value}" if verdict.sender else ""
        if refusal is None:
            print(f"{verdict.file}:{frame} valid {verdict.element}{sender}")
        else:
            place = f"{refusal.line}:{refusal.column or 1}:" if refusal.line else ""
            print(f"{verdict.file}:{place}{frame}{sender} {refusal.code.name}: {refusal.sentence}")

    def finish(self) -> None:
        if sum(self._count.values()) > 1:
            print(f"{self._count[True]} valid, {self._count[False]} invalid")


class _Json:
    """One JSON list, an object a line."""

    def __init__(self) -> None:
        self._before = "[\n"

    def add(self, verdict: Verdict) -> None:
        print(self._before + json.dumps(verdict.as_fields(), ensure_ascii=False), end="")
        self._before = ",\n"

    def finish(self) -> None:
        print("[]" if self._before == "[\n" else "\n]")


_FORMATS: dict[str, Callable[[], _Text | _Json]] = {"text": _Text, "json": _Json}
