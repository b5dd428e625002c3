"""Documents as lines for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from client.events import LinkDown, LinkUp
from client.safe import safe
from schema.messages import (
    Broadcast,
    Bye,
    Direct,
    Error,
    Greeting,
    Message,
    Notice,
    Page,
    Pong,
    Rooms,
    Users,
    Welcome,
)

#: Names shown of a long list; the rest is counted.
_MAX_NAMES = 30

#: What begins each further line of a text, so that none can pose as a line of its own.
_CONTINUED = "\n    | "


def _lines(text: str) -> str:
    return _CONTINUED.join(safe(line) for line in text.replace("\r\n", "\n").split("\n"))


def _clock(time: str) -> str:
    """Hours and minutes where the reader is."""
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%H:%M")
    except (ValueError, OverflowError):
        # The 31st of February; or the year 1, west of Greenwich.
        return "--:--"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(safe(name) for name in names[:_MAX_NAMES])
    more = len(names) - _MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown or "nobody"


class Renderer:
    """Turns documents into lines; remembers the lists of users, so as to tell what changed in them."""

    def __init__(self, lobby: str = "lobby") -> None:
        self._lobby = lobby
        self._me: str | None = None
        self._seen: dict[str, tuple[str, ...]] = {}

    def line(self, message: Message) -> str | None:
        """What to show of a document; None where there is nothing a person needs to see."""
        match message:
            case Broadcast(room=room, sender=sender, time=time, text=text):
                place = "" if room == self._lobby else f" #{safe(room)}"
                return f"[{_clock(time)}]{place} {safe(sender)}: {_lines(text)}"
            case Direct(sender=sender, to=to, time=time, text=text):
                return f"[{_clock(time)}] {self._who(sender)} -> {self._who(to)}: {_lines(text)}"
            case Welcome(name=name, room=room, names=names):
                self._me, self._lobby = name, room
                self._seen[room] = names
                return f"* You are {safe(name)}. Here: {_names(names)}"
            case Users(room=room, re=re, names=names):
                return self._users(room, names, asked=re is not None)
            case Page(broadcasts=broadcasts, directs=directs):
                said = [self.line(message) or "" for message in (*broadcasts, *directs)]
                return "\n".join(("* What was said:", *said)) if said else "* Nothing was said yet."
            case LinkDown(reason=reason):
                return f"* The connection is down: {_lines(reason)} Trying to come back."
            case LinkUp():
                return "* The connection is back."
            case Rooms(rooms=rooms):
                return "* Rooms: " + ", ".join(f"{safe(room.name)} ({room.users})" for room in rooms)
            case Notice(text=text) | Bye(text=text):
                return f"* {_lines(text)}"
            case Error() if self._me is None:
                return None  # Whoever asked for the name and the password has told.
            case Error(text=text):
                return f"! {_lines(text)}"
            case Pong():
                return "* The server is there."
            case Greeting(server=server, version=version):
                return f"* Connected to {safe(server)} {safe(version)}"
        return None

    def _who(self, name: str) -> str:
        return "you" if name == self._me else safe(name)

    def _users(self, room: str, users: tuple[str, ...], *, asked: bool) -> str | None:
        before, self._seen[room] = self._seen.get(room, ()), users
        place = "Here" if room == self._lobby else f"In #{safe(room)}"
        if asked:
            return f"* {place}: {_names(users)}"
        come = [name for name in users if name not in set(before)]
        gone = [name for name in before if name not in set(users)]
        news = [f"{_names(names)} {what}" for names, what in ((come, "came"), (gone, "left")) if names]
        return f"* {', '.join(news)}. {place}: {_names(users)}" if news else None
