"""Finding a text in what was said."""

from __future__ import annotations

from client.view.entries import Said
from client.view.timeline import Timeline


def find(timeline: Timeline, text: str, before: int | None = None) -> int | None:
    """The index of the last message with a text or from somebody of that name, however it is capitalised.

    `before` is the number of an entry that was found already: then the one before it.
    """
    wanted = text.casefold()
    end = timeline.index_of(before) if before is not None else None
    for index in range((len(timeline) if end is None else end) - 1, -1, -1):
        entry = timeline[index]
        if isinstance(entry, Said) and (wanted in entry.text.casefold() or wanted == entry.sender):
            return index
    return None
