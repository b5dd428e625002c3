"""The lists at the sides: conversations on the left, people on the right."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_toolkit.formatted_text import StyleAndTextTuples

from client.safe import safe
from client.screen.cells import cells, clusters
from client.view.chat import Chat
from client.view.render import MARKS
from client.view.spans import Span, name_role

#: Cells of each list.
TALKS_WIDTH, PEOPLE_WIDTH = 16, 15

#: Columns that the terminal must have for each list to be shown: the messages keep 40 and more.
TALKS_FROM, PEOPLE_FROM = 60, 76


def talks(chat: Chat, height: int) -> StyleAndTextTuples:
    """The conversations, one a row; those around the current one, where there are more than rows."""
    all_talks = list(chat.timelines)
    start = _start(all_talks.index(chat.current), len(all_talks), height)
    rows = []
    for talk in all_talks[start : start + height]:
        timeline = chat.timelines[talk]
        count = str(timeline.unread) if timeline.unread else ""
        role = "talk.current" if talk == chat.current else "talk.unread" if count else "talk"
        label = fit(safe(talk.label), TALKS_WIDTH - len(count) - 2)
        rows.append((role, f"{label} {count}".rstrip().ljust(TALKS_WIDTH - 1) if not count else f"{label} {count} "))
    return _joined(rows)


def people(chat: Chat, height: int) -> StyleAndTextTuples:
    """Who is here, one a row behind a blank, by name; the last row counts those for whom there is no room."""
    present = sorted(chat.present, key=lambda user: user.name)
    shown = present if len(present) <= height else present[: max(height - 1, 0)]
    rows = []
    for user in shown:
        role = "person.away" if user.away else "me" if user.name == chat.me else name_role(user.name)
        away = " (away)" if user.away else ""
        name = fit(f"{MARKS.get(user.role or '', '')}{safe(user.name)}", PEOPLE_WIDTH - 1 - len(away))
        rows.append((role, f" {name.rstrip()}{away}"))
    if len(shown) < len(present):
        rows.append(("note", f" and {len(present) - len(shown)} more"))
    return _joined(rows)


def fit(text: str, width: int) -> str:
    """The text in exactly so many cells, with an ellipsis where it is longer."""
    if cells(text) <= width:
        return text + " " * (width - cells(text))
    kept = ""
    for cluster in clusters(text):
        if cells(kept + cluster) > width - 1:
            break
        kept += cluster
    return kept + "…" + " " * max(width - 1 - cells(kept), 0) if width > 0 else ""


def _start(current: int, count: int, height: int) -> int:
    return max(0, min(current - height // 2, count - height))


def _joined(rows: Sequence[Span]) -> StyleAndTextTuples:
    last = len(rows) - 1
    return [(f"class:{role}", text if number == last else f"{text}\n") for number, (role, text) in enumerate(rows)]
