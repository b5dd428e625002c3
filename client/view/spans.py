"""Entries as text with roles: what a screen gives colours, and measures.

Every text here went through `safe`, so that a screen may draw it as it is. A line end in a span is our own.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

from client.safe import safe
from client.view.chat import Chat
from client.view.clock import day, hour
from client.view.entries import Entry, Moves, Note, Said, State
from client.view.links import links

#: A role, and a text in it.
Span = tuple[str, str]

#: Begins the role of an address, which follows: a screen may break it over rows, and says where all of it leads.
LINK = "link "

#: Different colours for names; a screen has as many.
NAME_COLOURS = 10

#: Names told of those who came or left; the others are counted.
_TOLD = 5

RULER = "unread"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`head` stands in front of the first row, and nothing stands below it; `body` takes the rest of the width."""

    head: tuple[Span, ...]
    body: tuple[Span, ...]
    #: Whether it is one row as wide as the screen: a line between two days, the ruler.
    rule: bool = False


def paragraphs(chat: Chat, entry: Entry, before: Entry | None, *, first: bool = False) -> list[Paragraph]:
    """An entry, below a line for its day where that begins with it, and the ruler where it is the `first` unread."""
    found = []
    if (today := day(entry.time)) and (before is None or day(before.time) != today):
        found.append(Paragraph((), (("day", today),), rule=True))
    if first:
        found.append(Paragraph((), (("ruler", RULER),), rule=True))
    return [*found, _paragraph(chat, entry)]


def mark(paragraph: Paragraph) -> Paragraph:
    """The same with its text picked out, as one that was looked for."""
    body = tuple(("found" if role in ("text", "mention") else role, text) for role, text in paragraph.body)
    return replace(paragraph, body=body)


def name_role(name: str) -> str:
    """The same colour for the same name, in every run."""
    return f"name-{zlib.crc32(name.encode()) % NAME_COLOURS}"


def _paragraph(chat: Chat, entry: Entry) -> Paragraph:
    head = (("time", f"{hour(entry.time)} "),)
    match entry:
        case Said():
            return Paragraph(head, tuple(_said(chat, entry)))
        case Moves():
            return Paragraph(head, (("note", f"{_moved(entry)}."),))
        case Note(text=text):
            # The renderer's mark says whether it is a note or a complaint.
            role = "error" if text.startswith("!") else "note"
            return Paragraph(head, ((role, _lines(text.removeprefix("* ").removeprefix("! "))),))
    return Paragraph(head, ())


def _said(chat: Chat, said: Said) -> list[Span]:
    role = "me" if said.sender == chat.me else name_role(said.sender)
    name = safe(said.sender)
    spans: list[Span] = [(role, f"* {name} " if said.kind == "action" else f"{name}: ")]
    text = _lines(said.text)
    if said.state is State.PENDING:
        return [*spans, ("pending", text), ("pending", " (sending)")]
    if said.state is State.FAILED:
        why = f" (not sent: {safe(said.reason)} /retry sends it again)"
        return [*spans, ("pending", text), ("error", why)]
    spans += _marked(chat, text, mentions=said.sender != chat.me)
    return spans


def _marked(chat: Chat, text: str, *, mentions: bool) -> list[Span]:
    """The text, with the addresses in it picked out, and where wanted the person's own name."""
    spans: list[Span] = []
    end = 0
    addresses = links(text)
    names = chat.mentions.spans(text) if mentions else []
    marked = [(start, stop, LINK + text[start:stop]) for start, stop in addresses]
    marked += [
        (start, stop, "mention")
        for start, stop in names
        if not any(start < after and before < stop for before, after in addresses)
    ]
    for start, stop, role in sorted(marked):
        spans += [("text", text[end:start]), (role, text[start:stop])]
        end = stop
    return [*spans, ("text", text[end:])]


def _moved(moves: Moves) -> str:
    parts = ((moves.came, "came"), (moves.left, "left"), (moves.both, "came and left"))
    return ", ".join(f"{_names(names)} {what}" for names, what in parts if names) or "nobody moved"


def _names(names: tuple[str, ...]) -> str:
    shown = ", ".join(map(safe, names[:_TOLD]))
    more = len(names) - _TOLD
    return f"{shown} and {more} more" if more > 0 else shown


def _lines(text: str) -> str:
    return "\n".join(safe(line) for line in text.replace("\r\n", "\n").split("\n"))
