"""Rows as prompt_toolkit takes them, with the sequences of our own that some of them need.

prompt_toolkit draws only the cells that have changed, and writes a sequence that stands before a cell only when it
draws that cell. So a row with sequences carries a mark in its styles that changes with its content: it is drawn as a
whole or not at all, and a link that is opened is closed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from prompt_toolkit.formatted_text import StyleAndTextTuples

from client.screen.cells import Clusters, cells, clusters, has_disputed, is_disputed
from client.screen.wrap import Row
from client.view.spans import LINK

_ESCAPE = "[ZeroWidthEscape]"

#: Terminals that would show a link's address as text, or do something else: the beginnings of their TERM.
_WITHOUT_LINKS = ("linux", "dumb", "vt1", "vt2", "vt3", "vt4", "vt5")


def knows_links(term: str) -> bool:
    """Whether links can be sent to a terminal of this TERM (OSC 8). Those that know nothing of them pass them over."""
    return not term.startswith(_WITHOUT_LINKS)


#: Different marks; prompt_toolkit keeps what it has drawn in each of them.
_MARKS = 3


class Drawing:
    """Turns the rows of a window into what prompt_toolkit takes, one screen after the other."""

    def __init__(self) -> None:
        #: What stood in each row of the screen when it was drawn last, and its mark.
        self._last: dict[int, tuple[object, int]] = {}

    def row(self, number: int, row: Row, width: int, left: int, *, links: bool) -> StyleAndTextTuples:
        """A row of a window that begins at the column `left` and is so wide.

        With `links` what is an address can be clicked.
        """
        if not _needs_sequences(row, links):
            self._last.pop(number, None)
            return [(_style(role), text) for role, text in row]
        return list(_marked(row, width, left, links, self._mark(number, (row, width, left, links))))

    def _mark(self, number: int, content: object) -> int:
        before, mark = self._last.get(number, (None, 0))
        if before != content:
            mark = (mark + 1) % _MARKS
            self._last[number] = content, mark
        return mark


def _marked(row: Row, width: int, left: int, links: bool, number: int) -> Iterator[tuple[str, str]]:
    mark = f" class:mark-{number}"
    column = left
    for role, text in row:
        address = role.removeprefix(LINK) if links and role.startswith(LINK) else ""
        if address:
            yield _ESCAPE, f"\x1b]8;id={zlib.crc32(address.encode()):x};{address}\x1b\\"
        for piece, is_odd in _runs(text):
            column += cells(piece)
            yield _style(role) + mark, Clusters(piece)
            if is_odd:
                yield _ESCAPE, f"\x1b[{column + 1}G"
        if address:
            yield _ESCAPE, "\x1b]8;;\x1b\\"
    # Has a colour, or prompt_toolkit would leave it out at the end of a row, and the sequence before it.
    yield f"class:pad{mark}", " " * (left + width - column)


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each disputed cluster by itself."""
    run = ""
    for cluster in clusters(text):
        if is_disputed(cluster):
            if run:
                yield run, False
            yield cluster, True
            run = ""
        else:
            run += cluster
    if run:
        yield run, False


def _needs_sequences(row: Row, links: bool) -> bool:
    return any((links and role.startswith(LINK)) or has_disputed(text) for role, text in row)


def _style(role: str) -> str:
    name = "link" if role.startswith(LINK) else role
    return f"class:{name}" if name else ""
