"""A terminal's screen as a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from pyte.screens import Char
from wcwidth import wcswidth

Row = Mapping[int, Char]

#: Pixels of a cell, and around the screen.
CELL, LINE, EDGE = 8.43, 18, 14
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
#: From the top of a row to the line on which letters stand.
_BASE = 13

#: What pyte calls the sixteen colours that have names.
_NAMED = {"black": "000000", "red": "cd0000", "green": "00a000", "brown": "a07000", "blue": "3060d0"}


@dataclass(frozen=True, slots=True)
class Ground:
    """A terminal's own colours."""

    name: str
    back: str
    front: str


DARK = Ground("dark", "#16181d", "#d8dee9")
LIGHT = Ground("light", "#ffffff", "#24292f")


@dataclass(frozen=True, slots=True)
class _Look:
    front: str
    back: str
    weight: str
    slope: str
    line: str


def picture(rows: Sequence[Row], columns: int, cursor: tuple[int, int], ground: Ground, title: str) -> str:
    """An SVG document; `title` says for those who do not see it what it shows. `cursor` is a column and a row."""
    width, height = columns * CELL + 2 * EDGE, len(rows) * LINE + 2 * EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" xml:space="preserve" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>text{{font-family:{_FONT};font-size:14px}}</style>",
        f'<rect width="100%" height="100%" rx="8" fill="{ground.back}"/>',
    ]
    for number, row in enumerate(rows):
        parts += _row(row, columns, EDGE + number * LINE, ground)
    column, number = cursor
    parts.append(_box(EDGE + column * CELL, EDGE + number * LINE, CELL, LINE, ground.front))
    return "\n".join([*parts, "</svg>", ""])


def _row(row: Row, columns: int, top: float, ground: Ground) -> Iterator[str]:
    """What lies below the letters of a row, and the letters."""
    cells = [(column, row[column]) for column in range(columns)]
    texts = []
    for look, run in groupby(cells, lambda cell: _look(cell[1], ground)):
        found = list(run)
        left, width = EDGE + found[0][0] * CELL, len(found) * CELL
        if look.back != ground.back:
            yield _box(left, top, width, LINE, look.back)
        for column, text in _pieces(found):
            drawn = _LINES.get(text[0])
            texts.append(drawn(column, len(text), top, look.front) if drawn else _text(column, text, top, look))
    yield from texts


def _box(left: float, top: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" fill="{colour}"/>'


#: Lines that go from cell to cell, which letters would not.
_LINES: dict[str, Callable[[int, int, float, str], str]] = {
    "│": lambda column, count, top, colour: _box(EDGE + (column + 0.5) * CELL - 0.5, top, 1, LINE, colour),
    "─": lambda column, count, top, colour: _box(EDGE + column * CELL, top + LINE / 2 - 0.5, count * CELL, 1, colour),
}


def _pieces(cells: Sequence[tuple[int, Char]]) -> Iterator[tuple[int, str]]:
    """Texts with their columns. What is wider than a cell stands by itself, as fonts differ about its width."""
    for kind, run in groupby(cells, lambda cell: _kind(cell[1].data)):
        found = list(run)
        if kind == "wide":
            yield from ((column, char.data) for column, char in found if char.data)
            continue
        text = "".join(char.data for _, char in found)
        if text.strip():
            start = len(text) - len(text.lstrip())
            yield found[start][0], text.strip()


def _kind(text: str) -> str:
    """Which cells can be drawn together; the second one of a wide character is empty."""
    if text in _LINES:
        return text
    return "plain" if text and (text.isascii() or text in "…“”·") else "wide"


def _text(column: int, text: str, top: float, look: _Look) -> str:
    more = f"{look.weight}{look.slope}{look.line}"
    length = max(wcswidth(text), 1) * CELL
    return (
        f'<text x="{EDGE + column * CELL:g}" y="{top + _BASE:g}" fill="{look.front}" textLength="{length:g}" '
        f'lengthAdjust="spacingAndGlyphs"{more}>{escape(text)}</text>'
    )


def _look(char: Char, ground: Ground) -> _Look:
    front, back = _colour(char.fg, ground.front), _colour(char.bg, ground.back)
    if char.reverse:
        front, back = back, front
    return _Look(
        front,
        back,
        ' font-weight="bold"' if char.bold else "",
        ' font-style="italic"' if char.italics else "",
        ' text-decoration="underline"' if char.underscore else "",
    )


def _colour(said: str, otherwise: str) -> str:
    return otherwise if said == "default" else f"#{_NAMED.get(said, said)}"
