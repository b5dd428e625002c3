"""Paragraphs as rows of a width, in the terminal's cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prompt_toolkit.utils import get_cwidth

from client.view.spans import Paragraph, Span

Row = list[Span]

#: In a row narrower than this for its text nothing stands below the head.
_LEAST = 12

_RULE = "─"

_WORD = re.compile(" |[^ ]+")

#: What stands before the second column of a table: words, and two spaces or more.
_COLUMN = re.compile(" *[^ ]+(?: [^ ]+)* {2,}(?=[^ ])")


def wrap(paragraph: Paragraph, width: int) -> list[Row]:
    """At least one row. Words stay whole where they fit into one, and columns stay columns."""
    if paragraph.rule:
        return [_rule(paragraph.body[0], width)]
    indent = sum(get_cwidth(text) for _, text in paragraph.head)
    below = indent if width - indent >= _LEAST else 0
    rows: list[Row] = []
    for number, line in enumerate(_lines(paragraph.body)):
        start: Row = [("", " " * below)] if number else list(paragraph.head)
        rows += _wrap_line(start, line, below, width)
    return rows


def _wrap_line(start: Row, line: list[Span], below: int, width: int) -> list[Row]:
    """The rows of one line, which begins with `start`; the others are indented by `below`, or to its second column."""
    column = _COLUMN.match("".join(text for _, text in line))
    hang = below + (get_cwidth(column[0]) if column else 0)
    if width - hang < max(_LEAST, width // 3):
        hang = below
    rows = [start]
    used = sum(get_cwidth(text) for _, text in start)
    for role, word in _words(line):
        cells = get_cwidth(word)
        if used + cells > width and used > hang:
            if word == " ":
                continue
            if cells <= width - hang:
                rows.append([("", " " * hang)])
                used = hang
        for piece, size in _pieces(word, width - used, max(width - hang, 2)):
            if used + size > width and used > hang:
                rows.append([("", " " * hang)])
                used = hang
            rows[-1].append((role, piece))
            used += size
    return rows


def _rule(label: Span, width: int) -> Row:
    role, text = label
    text = f" {text[: max(width - 2, 0)]} "[:width]
    left = max((width - get_cwidth(text)) // 2, 0)
    return [(role, _RULE * left + text + _RULE * max(width - left - get_cwidth(text), 0))]


def _lines(spans: tuple[Span, ...]) -> list[list[Span]]:
    lines: list[list[Span]] = [[]]
    for role, text in spans:
        first, *others = text.split("\n")
        lines[-1].append((role, first))
        lines += [[(role, other)] for other in others]
    return lines


def _words(line: list[Span]) -> Iterator[Span]:
    """Words, and each space between them."""
    for role, text in line:
        for word in _WORD.findall(text):
            yield role, word


def _pieces(word: str, first: int, others: int) -> Iterator[tuple[str, int]]:
    """A word in pieces that fit, with their widths; a mark stays with its letter."""
    cells = get_cwidth(word)
    if cells <= first or cells <= others:
        yield word, cells
        return
    begin, used, room = 0, 0, max(first, 1)
    for place, character in enumerate(word):
        size = get_cwidth(character)
        if used + size > room and place > begin:
            yield word[begin:place], used
            begin, used, room = place, 0, others
        used += size
    yield word[begin:], used
