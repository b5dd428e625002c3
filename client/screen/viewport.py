"""Which rows of a conversation stand on the screen: only those are made."""

from __future__ import annotations

from dataclasses import dataclass

from client.screen.wrap import Row, wrap
from client.view.chat import Chat
from client.view.entries import Entry, Talk
from client.view.spans import Paragraph, mark, paragraphs
from client.view.words import card

#: Entries whose rows are kept for the next time they are drawn.
_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class _Bottom:
    """The last row on the screen: so many rows of this entry are hidden below it."""

    number: int
    hidden: int


class Viewport:
    """A window on the current conversation of a chat. Not thread-safe."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        #: Where each conversation that is not read at its end is looked at.
        self._bottoms: dict[Talk, _Bottom] = {}
        #: The number of the entry from which on it is shown when it is drawn next.
        self._from: int | None = None
        self._size = (80, 24)
        self._rows: dict[tuple[Talk, int], tuple[object, list[Row]]] = {}
        #: Whether the first entry stood on the screen, or nearly, when it was drawn last.
        self.near_top = False

    @property
    def page(self) -> int:
        """Rows to scroll at once, so that two of them are seen again."""
        return max(self._size[1] - 2, 1)

    @property
    def following(self) -> bool:
        """Whether the end of the conversation is on the screen."""
        return self._chat.current not in self._bottoms

    def draw(self, width: int, height: int) -> list[Row]:
        """Exactly `height` rows."""
        self._size = (width, height)
        if self._from is not None:
            index = self._chat.timeline.index_of(self._from)
            self._from = None
            if index is not None:
                self._show_from(index, height)
        rows = self._collect(height)
        if len(rows) < height and not self.following:
            self._show_top()
            rows = self._collect(height)
        return [[]] * (height - len(rows)) + rows

    def scroll(self, by: int) -> None:
        """So many rows up; down where it is negative."""
        index, hidden = self._bottom()
        hidden += by
        last = len(self._chat.timeline) - 1
        while hidden < 0 and index < last:
            index += 1
            hidden += len(self._block(index))
        while index > 0 and hidden >= len(self._block(index)):
            hidden -= len(self._block(index))
            index -= 1
        self._look_at(index, hidden)

    def to_end(self) -> None:
        self._bottoms.pop(self._chat.current, None)

    def to_top(self) -> None:
        if len(self._chat.timeline):
            self._show_top()

    def to_ruler(self) -> None:
        """Shows what is unread from its beginning."""
        self._from = self._chat.timeline.ruler

    def show_from(self, number: int) -> None:
        """Shows an entry from its beginning, and as much of what follows as there is room for."""
        self._from = number

    def to_entry(self, index: int) -> None:
        """Shows an entry, with some of what follows."""
        self._show_from(index, self._size[1] // 2)

    def _collect(self, height: int) -> list[Row]:
        """The rows that are seen, fewer where there are not as many above the last one."""
        index, hidden = self._bottom()
        rows: list[Row] = []
        below = hidden
        while index >= 0 and len(rows) < height:
            block = self._block(index)
            rows[:0] = block[: len(block) - below] if below else block
            below = 0
            index -= 1
        self.near_top = index < height
        if len(rows) < height:
            rows[:0] = self._head()
        return rows[-height:] if height else []

    def _head(self) -> list[Row]:
        """What stands above the first entry."""
        timeline = self._chat.timeline
        if timeline.more and timeline.is_full:
            return self._wrapped(Paragraph((), (("note", "Older messages are on the server: /clear makes room."),)))
        if timeline.more or timeline.more is None:
            return self._wrapped(Paragraph((), (("note", "…"),)))
        if timeline.has_messages:
            return []
        return [row for line in card(self._chat) for row in self._wrapped(Paragraph((), (("card", line),)))] + [[]]

    def _bottom(self) -> tuple[int, int]:
        """The index of the last entry on the screen, and how many of its rows are below."""
        end = len(self._chat.timeline) - 1
        bottom = self._bottoms.get(self._chat.current)
        if bottom is None:
            return end, 0
        index = self._chat.timeline.index_of(bottom.number)
        if index is None:
            # Forgotten meanwhile, with all before it.
            return min(end, 0), 0
        return index, min(bottom.hidden, len(self._block(index)) - 1)

    def _look_at(self, index: int, hidden: int) -> None:
        timeline = self._chat.timeline
        if index < 0 or (index == len(timeline) - 1 and hidden <= 0):
            self.to_end()
        else:
            self._bottoms[self._chat.current] = _Bottom(timeline[index].number, hidden)

    def _show_top(self) -> None:
        self._show_from(0, self._size[1] - len(self._head()))

    def _show_from(self, index: int, height: int) -> None:
        """Has so many rows from this entry on be seen; the end, where there are fewer."""
        room = max(height, 1)
        for place in range(index, len(self._chat.timeline)):
            block = len(self._block(place))
            if block >= room:
                self._look_at(place, block - room)
                return
            room -= block
        self.to_end()

    def _block(self, index: int) -> list[Row]:
        """The rows of an entry."""
        chat, timeline = self._chat, self._chat.timeline
        entry = timeline[index]
        before: Entry | None = timeline[index - 1] if index else None
        first = timeline.ruler == entry.number
        is_found = chat.found == entry.number
        key = (chat.current, entry.number)
        made_of = (entry, before.time if before else None, first, is_found, self._size[0])
        kept = self._rows.get(key)
        if kept is not None and kept[0] == made_of:
            return kept[1]
        made = paragraphs(chat, entry, before, first=first)
        rows = [row for one in made for row in self._wrapped(mark(one) if is_found else one)]
        if len(self._rows) >= _KEPT:
            self._rows.clear()
        self._rows[key] = (made_of, rows)
        return rows

    def _wrapped(self, paragraph: Paragraph) -> list[Row]:
        return wrap(paragraph, self._size[0])
