"""Documents as lines for a person: what the plain mode shows, and the screen between the messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from client.events import LinkDown, LinkUp
from client.safe import safe
from schema.messages import (
    Away,
    Back,
    Ban,
    Block,
    Blocks,
    Broadcast,
    Bye,
    Command,
    Direct,
    Error,
    Greeting,
    Kick,
    Message,
    Mute,
    Notice,
    Ok,
    Page,
    Ping,
    Pong,
    Rooms,
    Sanction,
    Sanctions,
    Unban,
    Unblock,
    Unmute,
    User,
    Users,
    Welcome,
)

#: Names shown of a long list; the rest is counted.
_MAX_NAMES = 30

#: What begins each further line of a text, so that none can pose as a line of its own.
_CONTINUED = "\n    | "

#: What stands before the name of one who has a role, as in other chats.
MARKS = {"admin": "@", "moderator": "+"}
_ROLES: dict[str | None, str] = {"admin": "an admin", "moderator": "a moderator", None: "an ordinary user"}

#: What an ok says to who gave the command, where nothing else that comes would show it.
_DONE: dict[type[Message], str] = {
    Away: "You are away; /back says that you are not.",
    Back: "You are back.",
    Block: "You have blocked {}: no direct messages from there, and public ones are not shown.",
    Unblock: "You hear {} again.",
    Kick: "{} was kicked.",
    Mute: "{} is muted.",
    Unmute: "{} is not muted.",
    Ban: "{} is banned.",
    Unban: "{} is not banned.",
}


def _lines(text: str) -> str:
    return _CONTINUED.join(safe(line) for line in text.replace("\r\n", "\n").split("\n"))


def _clock(time: str, form: str = "%H:%M") -> str:
    """The time where the reader is; usually hours and minutes."""
    try:
        return datetime.fromisoformat(time).astimezone().strftime(form)
    except (ValueError, OverflowError):
        # The 31st of February; or the year 1, west of Greenwich.
        return "--:--"


def _first(some: Sequence[str]) -> str:
    """As many as a person reads; the rest is counted."""
    shown = ", ".join(map(safe, some[:_MAX_NAMES]))
    more = len(some) - _MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def _names(names: Sequence[str]) -> str:
    return _first(names) or "nobody"


def _people(users: Sequence[User]) -> str:
    """Names with what is to be known of each: @anna is an admin, +bob a moderator, and carl (away) does not read."""
    return _names([f"{MARKS.get(user.role or '', '')}{user.name}{' (away)' if user.away else ''}" for user in users])


def _changes(then: User, now: User) -> Iterator[str]:
    """What somebody is now that they were not."""
    if bool(then.away) != bool(now.away):
        yield f"{now.name} is {'away' if now.away else 'back'}"
    if then.role != now.role:
        yield f"{now.name} is {_ROLES.get(now.role, now.role)} now"


def _said(who: str, message: Broadcast | Direct) -> str:
    """What was said or done; `who` says by whom, and to whom."""
    text = _lines(message.text)
    if message.kind != "action":
        return f"{who}: {text}"
    done = f"* {safe(message.sender)} {text}"
    return f"{who}: {done}" if isinstance(message, Direct) else done


def _sanction(sanction: Sanction) -> str:
    whom = sanction.user or sanction.address or "somebody"
    until = f" until {_clock(sanction.until, '%Y-%m-%d %H:%M')}" if sanction.until else ""
    by = f" by {sanction.by}" if sanction.by else ""
    reason = f": {_lines(sanction.text)}" if sanction.text else ""
    return f"  {safe(f'{sanction.kind} of {whom}{until}{by}')}{reason}"


def _done(command: Command | Ping) -> str | None:
    sentence = _DONE.get(type(command))
    target = getattr(command, "user", None) or getattr(command, "address", None) or ""
    return f"* {sentence.format(safe(target))}" if sentence else None


def nobody(_name: str) -> bool:
    return False


class Renderer:
    """Turns documents into lines; remembers the lists of users, so as to tell what changed in them."""

    def __init__(self, lobby: str = "lobby", is_hidden: Callable[[str], bool] = nobody) -> None:
        """`is_hidden` says whose public messages are not shown."""
        self._lobby = lobby
        self._is_hidden = is_hidden
        self._me: str | None = None
        self._seen: dict[str, tuple[User, ...]] = {}

    def line(self, message: Message, command: Command | Ping | None = None) -> str | None:
        """What to show of a document; None where there is nothing a person needs to see.

        `command` is the one that it answers.
        """
        match message:
            case Broadcast(sender=sender) if self._is_hidden(sender):
                return None
            case Broadcast(room=room, sender=sender, time=time):
                place = "" if room == self._lobby else f" #{safe(room)}"
                return f"[{_clock(time)}]{place} {_said(safe(sender), message)}"
            case Direct(sender=sender, to=to, time=time):
                return f"[{_clock(time)}] {_said(f'{self._who(sender)} -> {self._who(to)}', message)}"
            case Welcome(name=name, room=room, users=users):
                self._me, self._lobby = name, room
                self._seen[room] = users
                return f"* You are {safe(name)}. Here: {_people(users)}"
            case Users(room=room, re=re, users=users):
                return self._users(room, users, asked=re is not None)
            case Page(broadcasts=broadcasts, directs=directs):
                said = [line for one in (*broadcasts, *directs) if (line := self.line(one)) is not None]
                return "\n".join(("* What was said:", *said)) if said else "* Nothing was said yet."
            case Blocks(users=names):
                return f"* You have blocked {_names(names)}."
            case Sanctions(sanctions=()):
                return "* Nobody is banned or muted."
            case Sanctions(sanctions=sanctions):
                return "\n".join(("* In force:", *map(_sanction, sanctions)))
            case Ok() if command is not None:
                return _done(command)
            case Notice(code="announcement", sender=sender, text=text):
                return f"* Announcement{f' by {safe(sender)}' if sender else ''}: {_lines(text)}"
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

    def _users(self, room: str, users: tuple[User, ...], *, asked: bool) -> str | None:
        before, self._seen[room] = {user.name: user for user in self._seen.get(room, ())}, users
        people = f"{'Here' if room == self._lobby else f'In #{safe(room)}'}: {_people(users)}"
        if asked:
            return f"* {people}"
        names = {user.name for user in users}
        come = [user.name for user in users if user.name not in before]
        gone = [name for name in before if name not in names]
        moved = [f"{_names(names)} {what}" for names, what in ((come, "came"), (gone, "left")) if names]
        # Who is in several rooms has changed in each of their lists; and of oneself one knows.
        known = [(before[user.name], user) for user in users if user.name in before and user.name != self._me]
        changed = [what for then, now in known for what in _changes(then, now)] if room == self._lobby else []
        if not moved:
            return f"* {_first(changed)}." if changed else None
        return f"* {', '.join((*moved, *([_first(changed)] if changed else [])))}. {people}"
