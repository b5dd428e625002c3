"""The keys, as one table: what binds them, and what `/help keys` shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys


class Desk(Protocol):
    """What keys do."""

    @property
    def asks_about_paste(self) -> bool: ...
    def paste(self, text: str) -> None: ...
    def drop_paste(self) -> None: ...
    def edit_paste(self) -> None: ...
    def go_to(self, place: int) -> None: ...
    def enter(self) -> None: ...
    def new_line(self) -> None: ...
    def complete(self) -> None: ...
    def complete_back(self) -> None: ...
    def page(self, by: int) -> None: ...
    def scroll(self, by: int) -> None: ...
    def to_top(self) -> None: ...
    def to_end(self) -> None: ...
    def step(self, by: int) -> None: ...
    def next_unread(self) -> None: ...
    def redraw(self) -> None: ...
    def suspend(self) -> None: ...
    def interrupt(self) -> None: ...
    def end_of_input(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Key:
    """Each of `sequences` is the keys of prompt_toolkit pressed one after the other; Alt is an Escape before."""

    sequences: tuple[tuple[str, ...], ...]
    shown: str
    about: str
    do: Callable[[Desk], None]


#: In the order of help. Nothing is reached with Alt only, which some terminals keep to themselves.
KEYS = (
    Key((("enter",),), "Enter", "send the line", lambda desk: desk.enter()),
    Key(
        (("escape", "enter"), ("c-j",)), "Ctrl-J, Alt-Enter", "a new line in the message", lambda desk: desk.new_line()
    ),
    Key((("tab",),), "Tab", "complete a command or a name", lambda desk: desk.complete()),
    Key((("s-tab",),), "Shift-Tab", "the completion before", lambda desk: desk.complete_back()),
    Key((("pageup",),), "PgUp", "older messages", lambda desk: desk.page(1)),
    Key((("pagedown",),), "PgDn", "newer messages", lambda desk: desk.page(-1)),
    Key((("s-up",),), "Shift-Up", "one row up", lambda desk: desk.scroll(1)),
    Key((("s-down",),), "Shift-Down", "one row down", lambda desk: desk.scroll(-1)),
    Key((("c-home",),), "Ctrl-Home", "the oldest message that is here", lambda desk: desk.to_top()),
    Key((("c-end",),), "Ctrl-End", "the newest message", lambda desk: desk.to_end()),
    Key(
        (("c-n",), ("f6",), ("escape", "right"), ("escape", "down")),
        "Ctrl-N, F6, Alt-Right",
        "the next conversation",
        lambda desk: desk.step(1),
    ),
    Key(
        (("c-p",), ("f5",), ("escape", "left"), ("escape", "up")),
        "Ctrl-P, F5, Alt-Left",
        "the conversation before",
        lambda desk: desk.step(-1),
    ),
    Key(
        (("escape", "a"),),
        "Alt-A, /next",
        "the next conversation with unread messages",
        lambda desk: desk.next_unread(),
    ),
    Key((("c-l",),), "Ctrl-L", "draw the screen anew", lambda desk: desk.redraw()),
    Key((("c-z",),), "Ctrl-Z", "back to the shell; fg comes back", lambda desk: desk.suspend()),
    Key((("c-c",),), "Ctrl-C", "empty the line; in an empty one, twice, leave", lambda desk: desk.interrupt()),
    Key((("c-d",),), "Ctrl-D, /quit", "in an empty line, leave", lambda desk: desk.end_of_input()),
)

#: With Alt the conversations by their place; without it, /win does the same.
_PLACES = tuple(map(str, range(1, 10)))

#: What else there is, and what prompt_toolkit does by itself, as readline does.
_USUAL = (
    ("Alt-1 to Alt-9, /win N", "the first to the ninth conversation"),
    ("Up, Down", "what you typed before"),
    ("Ctrl-A, Ctrl-E", "the beginning and the end of the line"),
    ("Ctrl-W, Ctrl-U, Ctrl-K", "erase a word, all before, all behind; Ctrl-Y brings it back"),
    ("Ctrl-R", "look for what you typed before"),
)

HELP = "\n".join(
    (
        "Keys:",
        *(f"  {key.shown:<23} {key.about}" for key in KEYS),
        *(f"  {shown:<23} {about}" for shown, about in _USUAL),
    )
)


def bindings(desk: Desk) -> KeyBindings:
    """The table for prompt_toolkit."""
    found = KeyBindings()

    def bind(key: Key) -> None:
        def pressed(_event: KeyPressEvent) -> None:
            key.do(desk)

        for sequence in key.sequences:
            found.add(*sequence)(pressed)

    def go_to(place: str) -> None:
        def pressed(_event: KeyPressEvent) -> None:
            desk.go_to(int(place))

        found.add("escape", place)(pressed)

    for key in KEYS:
        bind(key)
    for place in _PLACES:
        go_to(place)
    _bind_pasting(found, desk)
    return found


def _bind_pasting(found: KeyBindings, desk: Desk) -> None:
    """A paste, and what can be done about one that is asked about; all other keys wait, but for those of the table."""
    asked = Condition(lambda: desk.asks_about_paste)

    @found.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        desk.paste(event.data)

    @found.add("escape", filter=asked, eager=True)
    def _drop(_event: KeyPressEvent) -> None:
        desk.drop_paste()

    @found.add("e", filter=asked)
    @found.add("E", filter=asked)
    def _edit(_event: KeyPressEvent) -> None:
        desk.edit_paste()

    @found.add(Keys.Any, filter=asked)
    def _nothing(_event: KeyPressEvent) -> None: ...
