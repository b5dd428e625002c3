"""Chats as tests need them, and what came into them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from client.view.chat import Chat
from client.view.entries import Entry, Moves, Note, Said, State, Talk
from client.view.take import take
from schema.messages import Broadcast, Command, Direct, Message, Ping, User, Welcome

NOW = "2026-03-01T09:05:00.000Z"
LATER = "2026-03-01T09:07:00.000Z"
LOBBY = Talk("lobby")
TEA = Talk("tea")
BOB = Talk("bob", is_room=False)
CARL = Talk("carl", is_room=False)

_seqs = count(1000)


def chat_of(*people: str, hidden: Iterable[str] = ()) -> Chat:
    """Alice has just logged in, and these others are there; what these hidden ones say is not shown."""
    chat = Chat("alice", "lobby", "chat.example", frozenset(hidden).__contains__)
    users = User.named("alice", *people)
    take(chat, Welcome(re="0", name="alice", room="lobby", seq=0, place=0, users=users), None, NOW)
    return chat


def heard(chat: Chat, *exchanges: Message | tuple[Message, Command | Ping], now: str = NOW) -> Chat:
    """The same chat after these have come, answers with what they answer."""
    for one in exchanges:
        message, command = one if isinstance(one, tuple) else (one, None)
        take(chat, message, command, now)
    return chat


def public(text: str, seq: int | None = None, sender: str = "bob", room: str = "lobby") -> Broadcast:
    return Broadcast(seq=seq or next(_seqs), room=room, sender=sender, time=NOW, text=text)


def private(text: str, seq: int | None = None, sender: str = "bob", to: str = "alice") -> Direct:
    return Direct(seq=seq or next(_seqs), sender=sender, to=to, time=NOW, text=text)


def written(entry: Entry) -> str:
    """An entry in short: who said what, with a mark where it is on its way (…) or has failed (!)."""
    match entry:
        case Said(sender=sender, text=text, state=state):
            return f"{sender}: {text}{ {State.PENDING: ' …', State.FAILED: ' !'}.get(state, '') }".rstrip()
        case Note(text=text):
            return text
        case Moves(came=came, left=left, both=both):
            return f"+{','.join(came)} -{','.join(left)} ±{','.join(both)}"
    raise AssertionError(entry)


def shown(chat: Chat, talk: Talk | None = None) -> list[str]:
    """All that stands in a conversation, or in the current one, without what a login says."""
    lines = [written(entry) for entry in chat.timelines[talk or chat.current]]
    return [line for line in lines if not line.startswith("* You are")]
