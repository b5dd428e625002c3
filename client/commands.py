"""What a person types: a line is a public message, a line with `/` in front is a command."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass

from client.local import (
    ChangePassword,
    Clear,
    Close,
    Connect,
    GoTo,
    Help,
    HelpKeys,
    Local,
    Next,
    Notify,
    Query,
    Retry,
    Search,
)
from client.where import NoPlace, read_place
from schema.errors import ChatError
from schema.messages import (
    Announce,
    Away,
    Back,
    Ban,
    Block,
    Command,
    Dm,
    Ex,
    History,
    Join,
    Kick,
    List,
    Mute,
    Part,
    Ping,
    Pm,
    Unban,
    Unblock,
    Unmute,
    Who,
)

#: Messages that /history shows where it is not told how many.
_USUAL_HISTORY = 20

#: How /connect says whether to encrypt.
_SECURITY = {"tls": True, "clear": False}

_TIME = re.compile(r"([0-9]{1,9})([smhd])", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Mistyped(ChatError):
    """A line that cannot be carried out; `str()` says why, for a person."""


@dataclass(frozen=True, slots=True)
class _Form:
    """A command as it is typed. `words` are the arguments it needs, the last one takes the rest of the line."""

    name: str
    words: tuple[str, ...]
    about: str
    make: Callable[[Typist, list[str]], Command | Ping | Local]
    aliases: tuple[str, ...] = ()
    #: How many of the words must be there.
    needed: int = 0
    #: Whether it makes sense on the full screen only.
    screen: bool = False
    #: What it means on the full screen without its last word.
    shorter: Callable[[Typist, list[str]], Local] | None = None

    @property
    def usage(self) -> str:
        words = [word if i < self.needed else f"[{word}]" for i, word in enumerate(self.words)]
        return " ".join((f"/{self.name}", *words))


class Typist:
    """Turns lines into commands; remembers where lines without a command go."""

    def __init__(self, next_id: Callable[[], str], lobby: str = "lobby", *, screen: bool = False) -> None:
        """`screen` says that there is one, so that the commands that need it make sense."""
        self._next_id = next_id
        self._lobby = lobby
        self._screen = screen
        #: The room where a line without a command goes; None is the lobby.
        self.room: str | None = None
        #: The person to whom it goes instead, if there is one.
        self.user: str | None = None

    def read(self, line: str) -> Command | Ping | Local | None:
        """What to do for a line; None for a blank one. Raises Mistyped."""
        if not line.strip():
            return None
        if not line.startswith("/"):
            return self.say(line)
        if line.startswith("//"):
            return self.say(line[1:])
        name, _, rest = line[1:].partition(" ")
        form = _BY_NAME.get(name.lower())
        if form is None:
            raise Mistyped(_unknown(name))
        if form.screen and not self._screen:
            raise Mistyped(f"/{form.name} is for the full screen, which is there in a terminal without --plain.")
        words = rest.split(None, len(form.words) - 1) if form.words else []
        if self._screen and form.shorter is not None and len(words) == form.needed - 1:
            return form.shorter(self, words)
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

    def say(self, text: str, kind: str | None = None) -> Pm | Dm:
        """A message to where a line goes now."""
        if self.user is not None:
            return Dm(id=self._next_id(), to=self.user, text=text, kind=kind)
        return Pm(id=self._next_id(), text=text, room=self.room, kind=kind)

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
        user = names[0] if names else self.user
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

    def _me(self, words: list[str]) -> Command:
        return self.say(words[0], "action")

    def _away(self, _words: list[str]) -> Command:
        return Away(id=self._next_id())

    def _back(self, _words: list[str]) -> Command:
        return Back(id=self._next_id())

    def _block(self, words: list[str]) -> Command:
        return Block(id=self._next_id(), user=words[0])

    def _unblock(self, words: list[str]) -> Command:
        return Unblock(id=self._next_id(), user=words[0])

    def _blocks(self, _words: list[str]) -> Command:
        return List(id=self._next_id(), what="blocks")

    def _kick(self, words: list[str]) -> Command:
        return Kick(id=self._next_id(), user=words[0], text=_reason(words[1:]))

    def _mute(self, words: list[str]) -> Command:
        seconds, reason = _time_and_reason(words[1:])
        return Mute(id=self._next_id(), user=words[0], seconds=seconds, text=reason)

    def _unmute(self, words: list[str]) -> Command:
        return Unmute(id=self._next_id(), user=words[0])

    def _ban(self, words: list[str]) -> Command:
        user, address = _user_or_address(words[0])
        seconds, reason = _time_and_reason(words[1:])
        return Ban(id=self._next_id(), user=user, address=address, seconds=seconds, text=reason)

    def _unban(self, words: list[str]) -> Command:
        user, address = _user_or_address(words[0])
        return Unban(id=self._next_id(), user=user, address=address)

    def _sanctions(self, _words: list[str]) -> Command:
        return List(id=self._next_id(), what="sanctions")

    def _announce(self, words: list[str]) -> Command:
        return Announce(id=self._next_id(), text=words[0])

    def _ping(self, _words: list[str]) -> Ping:
        return Ping(id=self._next_id())

    def _password(self, _words: list[str]) -> Local:
        return ChangePassword()

    def _query(self, words: list[str]) -> Local:
        return Query(words[0].lower())

    def _connect(self, words: list[str]) -> Local:
        if not words:
            return Connect()
        if len(words) > 1 and words[1].lower() not in _SECURITY:
            raise Mistyped("Usage: /connect [HOST[:PORT]] [tls|clear]")
        try:
            host, port = read_place(words[0])
        except NoPlace as error:
            raise Mistyped(str(error)) from None
        return Connect(host, port, _SECURITY[words[1].lower()] if len(words) > 1 else None)

    def _win(self, words: list[str]) -> Local:
        if words and not (words[0].isascii() and words[0].isdigit() and len(words[0]) < 4):
            raise Mistyped("Usage: /win [NUMBER]")
        return GoTo(int(words[0]) if words else None)

    def _close(self, _words: list[str]) -> Local:
        return Close()

    def _next(self, _words: list[str]) -> Local:
        return Next()

    def _search(self, words: list[str]) -> Local:
        return Search(words[0].strip() if words else None)

    def _retry(self, _words: list[str]) -> Local:
        return Retry()

    def _notify(self, words: list[str]) -> Local:
        wanted = words[0].strip().lower() if words else None
        if wanted not in (None, "on", "off", "test"):
            raise Mistyped("Usage: /notify on, off or test")
        return Notify(wanted)

    def _clear(self, _words: list[str]) -> Local:
        return Clear()

    def _ex(self, _words: list[str]) -> Command:
        return Ex(id=self._next_id())

    def _help(self, words: list[str]) -> Local:
        if not words:
            return Help(SCREEN_HELP if self._screen else HELP)
        if self._screen and words[0].lower() == "keys":
            return HelpKeys()
        form = _BY_NAME.get(words[0].lstrip("/").lower())
        return Help(f"{form.usage}: {form.about}" if form else _unknown(words[0].lstrip("/")))


def _user_or_address(word: str) -> tuple[str | None, str | None]:
    """No name has a colon in it or begins with a digit."""
    is_address = ":" in word or word[0].isdecimal()
    return (None, word) if is_address else (word, None)


def _time_and_reason(words: list[str]) -> tuple[int | None, str | None]:
    """How many seconds, and why; both may be left out. Raises Mistyped."""
    if not words or not words[0][0].isdecimal():
        return None, _reason(words)
    found = _TIME.fullmatch(words[0])
    if found is None:
        # Taken for a reason, it would be for ever.
        raise Mistyped(f"{words[0]} is no time; write it like 90s, 10m, 2h or 1d, and a reason behind it.")
    return int(found[1]) * _SECONDS[found[2].lower()], _reason(words[1:])


def _reason(words: list[str]) -> str | None:
    return " ".join(words) or None


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), _BY_NAME, n=1)
    hint = f"Did you mean /{near[0]}?" if near else "/help lists the commands."
    return f"There is no command /{name}. {hint} To send a line that begins with /, begin it with //."


#: What everybody uses, in the order of help.
_USUAL = (
    _Form(
        "dm",
        ("NAME", "TEXT"),
        "a direct message to one person (DM)",
        Typist._dm,
        ("msg",),
        needed=2,
        shorter=Typist._query,
    ),
    _Form("ex", (), "log out (EX)", Typist._ex, ("quit", "exit")),
    _Form("me", ("TEXT",), "what you do: /me waves", Typist._me, needed=1),
    _Form("users", ("ROOM",), "who is here", Typist._users, ("who", "names")),
    _Form("rooms", (), "which rooms there are", Typist._rooms, ("list",)),
    _Form("join", ("ROOM",), "enter a room; your lines go there from now on", Typist._join, needed=1),
    _Form("part", ("ROOM",), "leave a room; your lines go to the lobby again", Typist._part, ("leave",)),
    _Form("history", ("NAME", "COUNT"), "what was said here, or between NAME and you", Typist._history),
    _Form("away", (), "you do not read at the moment; the others see it", Typist._away),
    _Form("back", (), "you read again", Typist._back),
    _Form("block", ("NAME",), "no more direct messages from NAME, and no public ones shown", Typist._block, needed=1),
    _Form("unblock", ("NAME",), "hear NAME again", Typist._unblock, needed=1),
    _Form("blocks", (), "whom you have blocked", Typist._blocks),
    _Form("ping", (), "whether the server is there", Typist._ping),
    _Form("password", (), "change your password; it is asked for", Typist._password, ("passwd",)),
    _Form("help", ("COMMAND",), "this list, or more about one command", Typist._help),
)

#: What only moderators and admins may use.
_MODERATION = (
    _Form("kick", ("NAME", "REASON"), "end every connection of NAME, who may come back", Typist._kick, needed=1),
    _Form(
        "mute",
        ("NAME", "TIME", "REASON"),
        "NAME can say nothing in public, for a TIME like 90s, 10m, 2h or 1d, or until /unmute",
        Typist._mute,
        needed=1,
    ),
    _Form("unmute", ("NAME",), "NAME may speak again", Typist._unmute, needed=1),
    _Form(
        "ban",
        ("NAME|ADDRESS", "TIME", "REASON"),
        "keep NAME or an IP address or network out, for a TIME like 90s, 10m, 2h or 1d, or until /unban",
        Typist._ban,
        needed=1,
    ),
    _Form("unban", ("NAME|ADDRESS",), "let NAME or an address in again", Typist._unban, needed=1),
    _Form("sanctions", (), "the bans and mutes in force", Typist._sanctions, ("bans",)),
    _Form("announce", ("TEXT",), "tell everyone who is logged in", Typist._announce, needed=1),
)

#: What only the full screen can do.
_ON_SCREEN = (
    _Form("query", ("NAME",), "talk to NAME alone: your lines go there", Typist._query, ("q",), needed=1, screen=True),
    _Form("close", (), "leave a private conversation, which stays on the server", Typist._close, screen=True),
    _Form("next", (), "the next conversation with unread messages", Typist._next, screen=True),
    _Form("search", ("TEXT",), "the last message with TEXT, also at the server", Typist._search, screen=True),
    _Form("retry", (), "send again what was not sent", Typist._retry, screen=True),
    _Form("notify", ("on|off|test",), "notifications on the desktop when somebody calls", Typist._notify, screen=True),
    _Form("win", ("NUMBER",), "the conversation with this number; alone, all of them", Typist._win, screen=True),
    _Form(
        "connect",
        ("HOST[:PORT]", "tls|clear"),
        "talk at another server; alone, try now to come back",
        Typist._connect,
        screen=True,
    ),
    _Form("clear", (), "an empty screen; PgUp brings everything back", Typist._clear, screen=True),
)

_BY_NAME = {name: form for form in (*_USUAL, *_ON_SCREEN, *_MODERATION) for name in (form.name, *form.aliases)}

#: Every word that may stand behind the /, for who completes them.
NAMES = tuple(sorted(_BY_NAME))


def first_word(name: str) -> str:
    """What a command wants first: NAME, ROOM and the like; empty where it wants nothing, or is none."""
    form = _BY_NAME.get(name.lower())
    return form.words[0] if form and form.words else ""


def _help_text(forms: tuple[_Form, ...], more: str = "") -> str:
    return "\n".join(
        (
            "Type a line and press Enter: everyone in the room reads it (PM, a public message).",
            *(f"  {form.usage:<24} {form.about}" for form in forms),
            "  //TEXT                   a public message that begins with /",
            f"For moderators: {', '.join(f'/{form.name}' for form in _MODERATION)}. "
            f"/help COMMAND tells about one{more}.",
        )
    )


HELP = _help_text(_USUAL)
SCREEN_HELP = _help_text((*_USUAL, *_ON_SCREEN), ", /help keys about the keys")
