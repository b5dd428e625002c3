"""What a person types: a line is a public message, a line with `/` in front is a command."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from schema.errors import ChatError
from schema.messages import Command, Dm, Ex, History, Join, List, Part, Ping, Pm, Who

#: Messages that /history shows where it is not told how many.
_USUAL_HISTORY = 20


class Mistyped(ChatError):
    """A line that cannot be carried out; `str()` says why, for a person."""


@dataclass(frozen=True, slots=True)
class Help:
    """The person wants help; `text` is it."""

    text: str


@dataclass(frozen=True, slots=True)
class _Form:
    """A command as it is typed. `words` are the arguments it needs, the last one takes the rest of the line."""

    name: str
    words: tuple[str, ...]
    about: str
    make: Callable[[Typist, list[str]], Command | Ping | Help]
    aliases: tuple[str, ...] = ()
    #: How many of the words must be there.
    needed: int = 0

    @property
    def usage(self) -> str:
        words = [word if i < self.needed else f"[{word}]" for i, word in enumerate(self.words)]
        return " ".join((f"/{self.name}", *words))


class Typist:
    """Turns lines into commands; remembers the room that public messages go to."""

    def __init__(self, next_id: Callable[[], str], lobby: str = "lobby") -> None:
        self._next_id = next_id
        self._lobby = lobby
        #: Where a line without a command goes; None is the lobby.
        self.room: str | None = None

    def read(self, line: str) -> Command | Ping | Help | None:
        """What to do for a line; None for a blank one. Raises Mistyped."""
        if not line.strip():
            return None
        if not line.startswith("/"):
            return Pm(id=self._next_id(), text=line, room=self.room)
        if line.startswith("//"):
            return Pm(id=self._next_id(), text=line[1:], room=self.room)
        name, _, rest = line[1:].partition(" ")
        form = _BY_NAME.get(name.lower())
        if form is None:
            raise Mistyped(_unknown(name))
        words = rest.split(None, len(form.words) - 1) if form.words else []
        if len(words) < form.needed or (not form.words and rest.strip()):
            raise Mistyped(f"Usage: {form.usage}")
        return form.make(self, words)

    def follow(self, sent: Command | Ping) -> None:
        """Goes where a command leads. Only for one that was sent: a line that could not be sent changes nothing."""
        match sent:
            case Join(room=room):
                self.room = None if room == self._lobby else room
            case Part(room=room) if room == self.room:
                self.room = None

    def _dm(self, words: list[str]) -> Command:
        return Dm(id=self._next_id(), to=words[0], text=words[1])

    def _users(self, words: list[str]) -> Command:
        return Who(id=self._next_id(), room=words[0] if words else self.room)

    def _rooms(self, _words: list[str]) -> Command:
        return List(id=self._next_id())

    def _history(self, words: list[str]) -> Command:
        """Names and numbers in any order: whose conversation, and how many messages."""
        numbers = [word for word in words if word.isdecimal()]
        names = [word for word in words if not word.isdecimal()]
        if len(numbers) > 1 or len(names) > 1:
            raise Mistyped("Usage: /history [NAME] [COUNT]")
        user = names[0] if names else None
        return History(
            id=self._next_id(),
            user=user,
            room=None if user else self.room,
            limit=int(numbers[0]) if numbers else _USUAL_HISTORY,
        )

    def _join(self, words: list[str]) -> Command:
        return Join(id=self._next_id(), room=words[0])

    def _part(self, words: list[str]) -> Command:
        return Part(id=self._next_id(), room=words[0] if words else self.room or self._lobby)

    def _ping(self, _words: list[str]) -> Ping:
        return Ping(id=self._next_id())

    def _ex(self, _words: list[str]) -> Command:
        return Ex(id=self._next_id())

    def _help(self, words: list[str]) -> Help:
        if not words:
            return Help(HELP)
        form = _BY_NAME.get(words[0].lstrip("/").lower())
        return Help(f"{form.usage}: {form.about}" if form else _unknown(words[0].lstrip("/")))


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), _BY_NAME, n=1)
    hint = f"Did you mean /{near[0]}?" if near else "/help lists the commands."
    return f"There is no command /{name}. {hint} To send a line that begins with /, begin it with //."


_FORMS = (
    _Form("dm", ("NAME", "TEXT"), "a direct message to one person (DM)", Typist._dm, ("msg",), needed=2),
    _Form("users", ("ROOM",), "who is here", Typist._users, ("who", "names")),
    _Form("rooms", (), "which rooms there are", Typist._rooms, ("list",)),
    _Form("join", ("ROOM",), "enter a room; your lines go there from now on", Typist._join, needed=1),
    _Form("part", ("ROOM",), "leave a room; your lines go to the lobby again", Typist._part, ("leave",)),
    _Form("history", ("NAME", "COUNT"), "what was said here, or between NAME and you", Typist._history),
    _Form("ping", (), "whether the server is there", Typist._ping),
    _Form("ex", (), "log out (EX)", Typist._ex, ("quit", "exit")),
    _Form("help", ("COMMAND",), "this list, or more about one command", Typist._help),
)

_BY_NAME = {name: form for form in _FORMS for name in (form.name, *form.aliases)}

HELP = "\n".join(
    (
        "Type a line and press Enter: everyone in the room reads it (PM, a public message).",
        *(f"  {form.usage:<24} {form.about}" for form in _FORMS),
        "  //TEXT                   a public message that begins with /",
    )
)
