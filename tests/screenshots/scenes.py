"""What is played for the pictures: real people at a real server, one of them at a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pyte.screens import Char

from client import Client
from server.clock import SystemClock
from server.config import Config
from server.log import EventLog
from server.service import Service
from tests.cheap_server import CHEAP
from tests.client.terminals import Terminal
from tests.conftest import LENIENT, home
from tests.screenshots.svg import Row

#: Of the terminal.
COLUMNS, ROWS = 96, 22

_TIME, _TIME_SHOWN = re.compile(r"\b[0-2]\d:[0-5]\d\b"), "10:24"
_DAY, _DAY_SHOWN = re.compile(r"─+ \w+day, \d+ \w+ \d{4} ─+"), " Sunday, 1 March 2026 "


class Party:
    """A server, and who is there."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        config = Config(data=folder, port=0, hashing=CHEAP, users_every=3600.0, **LENIENT)
        self._service = stack.enter_context(Service(config, EventLog("text", SystemClock()), None))
        self._stack = stack
        self._home = home(folder / "home")

    def enter(self, name: str) -> Client:
        client = self._stack.enter_context(Client.connect(*self._service.address))
        client.login(name, "correct horse", register=True)
        return client

    def at_terminal(self) -> Terminal:
        """Alice."""
        address = ("localhost", self._service.address[1])
        more = {"PROMPT_TOOLKIT_COLOR_DEPTH": "DEPTH_24_BIT", **self._home}
        alice = Terminal(address, "--register", password="correct horse", size=(COLUMNS, ROWS), **more)
        self._stack.callback(alice.child.close, force=True)
        return alice


@contextmanager
def party() -> Iterator[Party]:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        yield Party(Path(folder), stack)


def newcomer(people: Party) -> Terminal:
    """The first thing that somebody sees."""
    alice = people.at_terminal()
    alice.until(lambda screen: "/quit           leave" in screen and "You are alice. Here" in screen)
    return alice


def conversation(people: Party) -> Terminal:
    """Some people at work."""
    bob, carla, dora = map(people.enter, ("bob", "carla", "dora"))
    bob.pm("Good morning! The notes for the release: https://wiki.example/release-0.1/notes")
    carla.pm("First a coffee. 日本の皆さん、おはよう")
    alice = people.at_terminal()
    alice.until(lambda screen: "carla:" in screen and "You are alice" in screen)
    alice.enter("/me opens the window")
    alice.until(lambda screen: "* alice opens" in screen and "(sending)" not in screen)
    dora.join("tea")
    dora.pm("Does every message still validate?")
    alice.enter("Yes: 352 documents, 352 valid.")
    alice.until(lambda screen: "352 valid" in screen and "(sending)" not in screen)
    bob.pm("Thank you, Alice. I sent you the rest alone.")
    bob.dm("alice", "the rest")
    bob.dm("alice", "and the rest of the rest")
    carla.away()
    alice.until(lambda screen: re.search(r"\nbob +2 ", screen) and "carla (away)" in screen)
    alice.press("Reading it n")
    alice.until(lambda screen: screen.endswith("> Reading it n"))
    return alice


SCENES: dict[str, tuple[Callable[[Party], Terminal], str]] = {
    "new": (newcomer, "The client when nothing has been said yet: who and where one is, and what to type."),
    "chat": (conversation, "A conversation: unread messages on the left, people on the right, an address, a mention."),
}


def settled(alice: Terminal) -> list[Row]:
    """The rows of the screen, with the same time and day whenever it was taken."""
    rows: list[Row] = []
    for number in range(ROWS):
        row = {column: alice.row(number)[column] for column in range(COLUMNS)}
        text = "".join(char.data or " " for char in row.values())
        for pattern, shown in ((_TIME, _TIME_SHOWN), (_DAY, _DAY_SHOWN)):
            for found in pattern.finditer(text):
                _write(row, found.start(), shown.center(len(found[0]), "─"))
        rows.append(row)
    return rows


def _write(row: dict[int, Char], column: int, text: str) -> None:
    for place, character in enumerate(text, column):
        row[place] = row[place]._replace(data=character)
