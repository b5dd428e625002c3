"""The line of a document that is at fault, with what is at fault in it."""

from __future__ import annotations

import re

from schema.tools.judging.blanking import blanked
from schema.tools.rules.finding import Excerpt

#: Characters of a line that are shown on each side of what is at fault. A document is often one long line.
_AROUND = 60

# What a caret underlines: a name or a tag's beginning, otherwise one character.
_WORD = re.compile(r"</?[\w:.-]+|[\w:.@/-]+")

# What a terminal must not be given: controls, and what turns the direction of writing.
_UNSAFE = re.compile("[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def excerpt(document: bytes, line: int, column: int, *, well_formed: bool) -> Excerpt | None:
    """`line` and `column` count from 1. None where the document has no such place."""
    text = blanked(document, well_formed=well_formed).decode("utf-8", "replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not 1 <= line <= len(lines):
        return None
    whole = lines[line - 1]
    at = min(max(column - 1, 0), len(whole))
    found = _WORD.match(whole, at)
    length = max(1, min(len(found[0]) if found else 1, _AROUND))
    start, end = max(0, at - _AROUND), min(len(whole), at + length + _AROUND)
    shown = harmless(whole[start:end])
    before = "…" if start else ""
    after = "…" if end < len(whole) else ""
    return Excerpt(line, f"{before}{shown}{after}", at - start + len(before) + 1, length)


def harmless(text: str) -> str:
    """The text with nothing left in it that a terminal would obey; it keeps its length."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)
