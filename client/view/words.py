"""What the edges of the screen say, in plain words. All of it went through `safe`."""

from __future__ import annotations

from client.safe import safe
from client.view.chat import Chat
from client.view.clock import hour
from client.view.entries import Talk
from client.view.link import Down, Link, Returned

#: What a newcomer has to find at once, while nothing else is to be seen.
CARD = (
    "You are {me} at {host}, and {link}.",
    "Type a line and press Enter: everyone in {room} reads it.",
    "/dm NAME TEXT   tell one person; /query NAME stays with them",
    "/users          who is here",
    "PgUp, PgDn      scroll; Shift-Up and Shift-Down too",
    "Tab             completes commands and names",
    "/help           all commands, /help keys all keys",
    "/quit           leave; Ctrl-D too",
)

#: Kept in the status line until the person has sent something.
HINT = "/help · Tab · PgUp · /quit"


def card(chat: Chat) -> list[str]:
    """The lines of an empty conversation."""
    facts = {"me": chat.me, "host": safe(chat.host), "room": safe(chat.current.label), "link": _link(chat.link)}
    lines = [line.format(**facts) for line in CARD]
    if not chat.current.is_room:
        lines[1] = f"Type a line and press Enter: only {chat.current.name} reads it. /close goes back."
    return lines


def status(chat: Chat, *, listed: bool = True) -> list[str]:
    """Who and where one is, with how many, and whether there is a connection; then the same in fewer words, and fewer.

    `listed` says that the list of conversations is on the screen, and shows what is unread.
    """
    waiting = [] if listed else [unread(chat)]
    who, where, link = safe(f"{chat.me}@{chat.host}"), safe(chat.current.label), _link(chat.link)
    choices = (
        (who, where, _company(chat), link, *waiting),
        (chat.me, where, _company(chat), link, *waiting),
        (where, link, *waiting),
        (*waiting, link),
        (link,),
    )
    return [" · ".join(filter(None, parts)) for parts in choices]


def _company(chat: Chat) -> str:
    """With how many one is in a room; whether the other side of a private conversation is here."""
    if chat.current.is_room:
        count = len(chat.present)
        return "1 person" if count == 1 else f"{count} people"
    is_here = any(user.name == chat.current.name for user in chat.present)
    return "is here" if is_here else "is not here now"


def unread(chat: Chat) -> str:
    """Where something is unread, for a screen without room for the list; empty where nothing is."""
    waiting = ", ".join(badge(chat, talk) for talk in chat.unread)
    return f"unread: {waiting}" if waiting else ""


def badge(chat: Chat, talk: Talk) -> str:
    """A conversation with how many messages are unread."""
    count = chat.timelines[talk].unread
    return safe(f"{talk.label} {count}" if count else talk.label)


def banner(link: Link) -> str | None:
    """What has to be known of the connection; None while all is well."""
    match link:
        case Down(reason=reason, time=time):
            return f"Not connected since {hour(time)}: {safe(reason)} Trying again; what you send waits."
        case Returned():
            return back_again(link)
    return None


def back_again(link: Returned) -> str:
    missed = {0: "nothing was missed", 1: "1 message came meanwhile"}.get(
        link.missed, f"{link.missed} messages came meanwhile"
    )
    return f"Connected again; the connection was down from {hour(link.since)}, and {missed}."


def _link(link: Link) -> str:
    return "not connected" if isinstance(link, Down) else "connected"
