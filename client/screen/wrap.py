"""Paragraphs as rows of a width, in the terminal's cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from client.screen.cells import cells, clusters, has_disputed, measure
from client.view.spans import LINK, Paragraph, Span

Row = list[Span]

#: In a row narrower than this for its text nothing stands below the head.
_LEAST = 12

_RULE = "─"

_WORD = re.compile(" |[^ ]+")

#: What stands before the second column of a table: words, and two spaces or more.
_COLUMN = re.compile(" *[^ ]+(?: [^ ]+)* {2,}(?=[^ ])")


def wrap(paragraph: Paragraph, width: int) -> list[Row]:
    """At least one row. Words stay whole where they fit into one, and columns stay columns.

    Behind what needs sequences of our own (client/screen/drawn.py) a cell stays free.
    """
    if paragraph.rule:
        return [_rule(paragraph.body[0], width)]
    if width > 2 and any(role.startswith(LINK) or has_disputed(text) for role, text in paragraph.body):
        width -= 1
    indent = sum(cells(text) for _, text in paragraph.head)
    below = indent if width - indent >= _LEAST else 0
    rows: list[Row] = []
    for number, line in enumerate(_lines(paragraph.body)):
        start: Row = [("", " " * below)] if number else list(paragraph.head)
        rows += _wrap_line(start, line, below, width)
    return rows


def _wrap_line(start: Row, line: list[Span], below: int, width: int) -> list[Row]:
    """The rows of one line, which begins with `start`; the others are indented by `below`, or to its second column."""
    column = _COLUMN.match("".join(text for _, text in line))
    hang = below + (cells(column[0]) if column else 0)
    if width - hang < max(_LEAST, width // 3):
        hang = below
    rows = [start]
    used = sum(cells(text) for _, text in start)
    for role, word in _words(line):
        _, reach = measure(word)
        if used + reach > width and used > hang:
            if word == " ":
                continue
            if reach <= width - hang:
                rows.append([("", " " * hang)])
                used = hang
        for piece, size, most in _pieces(word, width - used, max(width - hang, 2)):
            if used + most > width and used > hang:
                rows.append([("", " " * hang)])
                used = hang
            rows[-1].append((role, piece))
            used += size
    return rows


def _rule(label: Span, width: int) -> Row:
    role, text = label
    text = f" {text[: max(width - 2, 0)]} "[:width]
    left = max((width - cells(text)) // 2, 0)
    return [(role, _RULE * left + text + _RULE * max(width - left - cells(text), 0))]


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


def _pieces(word: str, first: int, others: int) -> Iterator[tuple[str, int, int]]:
    """A word in pieces that fit, with their widths and how far they may reach; a cluster stays whole."""
    size, reach = measure(word)
    if reach <= first or reach <= others:
        yield word, size, reach
        return
    piece, used, most, room = "", 0, 0, max(first, 1)
    for cluster in clusters(word):
        own, far = measure(cluster)
        if piece and used + far > room:
            yield piece, used, most
            piece, used, most, room = "", 0, 0, others
        piece += cluster
        most = max(most, used + far)
        used += own
    yield piece, used, most
