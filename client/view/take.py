"""What comes from the server, as changes of what the person sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from client.events import LinkDown, LinkUp
from client.view.chat import Chat
from client.view.entries import Talk
from client.view.link import Down, Returned, Up
from client.view.moves import difference
from client.view.words import back_again
from schema.messages import (
    Broadcast,
    Command,
    Direct,
    Dm,
    Error,
    Greeting,
    History,
    Join,
    Message,
    Ok,
    Page,
    Part,
    Ping,
    Pm,
    Resumed,
    Users,
    Welcome,
)

Asked = Command | Ping | None


def take(chat: Chat, message: Message, command: Asked, now: str) -> None:
    """Takes one of the library's exchanges: what came, and the command that it answers. `now` is as on the wire."""
    _TAKERS.get(type(message), _tell)(chat, message, command, now)


def _broadcast(chat: Chat, message: Broadcast, _command: Asked, _now: str) -> None:
    if chat.is_hidden(message.sender):
        return
    _hear(chat, Talk(message.room), message, calls=message.text in chat.mentions)


def _direct(chat: Chat, message: Direct, _command: Asked, _now: str) -> None:
    other = message.to if message.sender == chat.me else message.sender
    _hear(chat, Talk(other, is_room=False), message, calls=True)


def _hear(chat: Chat, talk: Talk, message: Broadcast | Direct, *, calls: bool) -> None:
    ours = message.sender == chat.me
    said = chat.open(talk).hear(message, ours=ours)
    if said is None or ours:
        return
    if isinstance(chat.link, Returned) and not chat.link.complete:
        chat.link = Returned(chat.link.since, chat.link.missed + 1)
    chat.arrived(talk, said, calls=calls)


def _page(chat: Chat, message: Page, command: Asked, now: str) -> None:
    assert isinstance(command, History)
    said = [one for one in message.broadcasts if not chat.is_hidden(one.sender)] + list(message.directs)
    talk = Talk(command.user, is_room=False) if command.user else Talk(command.room or chat.lobby.name)
    if (timeline := chat.timelines.get(talk)) is not None:
        timeline.page(said, more=message.more)
    if chat.typed_in.pop(command.id, None) is not None and not said:
        chat.tell(f"* Nothing was said {'before' if command.before else 'yet'}.", now, talk)


def _welcome(chat: Chat, message: Welcome, command: Asked, now: str) -> None:
    chat.open(chat.lobby).begin_at(message.seq)
    line = chat.renderer.line(message, command)
    if line is not None and message.room not in chat.people:
        chat.tell(line, now)
    _room(chat, message.room, message.users, now)


def _users(chat: Chat, message: Users, command: Asked, now: str) -> None:
    _room(chat, message.room, message.users, now)
    if command is not None:
        _tell(chat, message, command, now)


def _room(chat: Chat, room: str, users: tuple[Any, ...], now: str) -> None:
    """Notes who has come and gone; not of the first list, which one has just been told."""
    before = chat.people.get(room)
    chat.people[room] = users
    timeline = chat.timelines.get(Talk(room))
    if before is None or timeline is None:
        return
    came, left = difference(before, users)
    if came or left:
        timeline.move(came, left, now)


def _ok(chat: Chat, message: Ok, command: Asked, now: str) -> None:
    match command:
        case Pm() | Dm():
            talk = addressed(chat, command)
            if (timeline := chat.timelines.get(talk)) is not None:
                timeline.sent(command.id, message.seq, message.time)
        case Join(room=room):
            chat.typed_in.pop(command.id, None)
            chat.go(Talk(room))
        case Part(room=room):
            chat.typed_in.pop(command.id, None)
            chat.close(Talk(room))
            chat.people.pop(room, None)
        case _:
            _tell(chat, message, command, now)


def _error(chat: Chat, message: Error, command: Asked, now: str) -> None:
    if isinstance(command, Pm | Dm):
        timeline = chat.timelines.get(addressed(chat, command))
        if timeline is not None and timeline.fail(command.id, message.text):
            return
    if isinstance(command, History):
        talk = Talk(command.user, is_room=False) if command.user else Talk(command.room or chat.lobby.name)
        if (timeline := chat.timelines.get(talk)) is not None:
            timeline.more, timeline.asked = False, False
    _tell(chat, message, command, now)


def _down(chat: Chat, message: LinkDown, _command: Asked, now: str) -> None:
    chat.link = Down(message.reason, now)


def _up(chat: Chat, _message: LinkUp, _command: Asked, now: str) -> None:
    chat.link = Returned(chat.link.time if isinstance(chat.link, Down) else now)


def _resumed(chat: Chat, _message: Resumed, _command: Asked, now: str) -> None:
    """All that was missed has come."""
    if isinstance(chat.link, Returned):
        chat.link = Returned(chat.link.since, chat.link.missed, complete=True)
        chat.tell(f"* {back_again(chat.link)}", now)


def seen(chat: Chat) -> None:
    """The person goes on: that the connection is back need not be said any more."""
    if isinstance(chat.link, Returned) and chat.link.complete:
        chat.link = Up()


def addressed(chat: Chat, command: Pm | Dm) -> Talk:
    """Where a message goes."""
    return Talk(command.to, is_room=False) if isinstance(command, Dm) else Talk(command.room or chat.lobby.name)


def _nothing(_chat: Chat, _message: Message, _command: Asked, _now: str) -> None:
    """The status line says it."""


def _tell(chat: Chat, message: Message, command: Asked, now: str) -> None:
    """Says it in words, where it was asked; what nobody asked for, where the person is."""
    talk = chat.typed_in.pop(command.id, None) if command is not None else None
    line = chat.renderer.line(message, command)
    if line is not None:
        chat.tell(line, now, talk)


_TAKERS: dict[type[Message], Callable[[Chat, Any, Asked, str], None]] = {
    Greeting: _nothing,
    Broadcast: _broadcast,
    Direct: _direct,
    Page: _page,
    Welcome: _welcome,
    Users: _users,
    Ok: _ok,
    Error: _error,
    LinkDown: _down,
    LinkUp: _up,
    Resumed: _resumed,
}
