from __future__ import annotations

import pytest

from client.view import chat as chat_module
from client.view.chat import Chat
from client.view.entries import Talk
from tests.client.view.scenes import BOB, CARL, LOBBY, TEA, chat_of, heard, private, public


def counts(chat: Chat) -> dict[str, int]:
    return {talk.label: timeline.unread for talk, timeline in chat.timelines.items() if timeline.unread}


def test_what_comes_elsewhere_is_unread_until_it_is_seen() -> None:
    chat = heard(chat_of("bob"), private("psst"), private("are you there?"), public("hello"))
    assert counts(chat) == {"bob": 2}
    assert chat.unread == [BOB]
    chat.go(BOB)
    assert counts(chat) == {"bob": 2}
    chat.watch(True)
    assert counts(chat) == {}


def test_the_ruler_stands_before_the_first_unread_until_one_leaves() -> None:
    chat = chat_of("bob")
    heard(chat, private("old"))
    chat.go(BOB)
    chat.watch(True)
    chat.go(LOBBY)
    chat.watch(True)
    heard(chat, private("new"), private("newer"))
    chat.go(BOB)
    chat.watch(True)
    timeline = chat.timeline
    assert [entry.number == timeline.ruler for entry in timeline] == [False, True, False]
    chat.go(LOBBY)
    assert timeline.ruler is None


def test_what_comes_below_what_is_seen_is_unread() -> None:
    chat = chat_of("bob")
    chat.watch(False)
    heard(chat, public("one"), public("two"))
    assert counts(chat) == {"#lobby": 2}
    chat.watch(True)
    heard(chat, public("three"))
    assert counts(chat) == {}


def test_sending_takes_the_ruler_away() -> None:
    from schema.messages import Pm

    chat = chat_of("bob")
    chat.watch(False)
    heard(chat, public("one"))
    assert chat.timeline.ruler is not None
    chat.timeline.send(Pm(id="1", text="mine"), "alice", "now")
    assert chat.timeline.ruler is None


def test_conversations_go_round() -> None:
    chat = heard(chat_of("bob", "carl"), private("hi"), private("hi", sender="carl"))
    seen = []
    for by in (1, 1, 1, -1):
        chat.step(by)
        seen.append(chat.current)
    assert seen == [BOB, CARL, LOBBY, CARL]


def test_the_next_unread_is_one_that_calls() -> None:
    chat = chat_of("bob", "carl")
    chat.go(CARL)
    heard(chat, public("hello"), public("hello", room="tea"), private("psst"))
    found = []
    while chat.next_unread():
        chat.watch(True)
        found.append(chat.current)
    assert found == [BOB, LOBBY, TEA]


@pytest.mark.parametrize(
    ("message", "watching", "calls"),
    [
        (public("hello"), True, 0),
        (public("hello"), False, 0),
        (public("hello alice"), True, 1),
        (public("hello alice"), False, 1),
        (public("hello alice", room="tea"), True, 1),
        (public("alice here", sender="alice"), False, 0),
        (private("psst"), True, 1),
        (private("psst", sender="carl"), True, 0),
        (private("psst", sender="carl"), False, 1),
        (private("psst", sender="alice", to="carl"), False, 0),
    ],
)
def test_who_is_called(message: object, watching: bool, calls: int) -> None:
    """The current conversation is the one with carl where it is private, and the lobby otherwise."""
    chat = chat_of("bob", "carl")
    if getattr(message, "to", None) and "carl" in (getattr(message, "sender", ""), getattr(message, "to", "")):
        chat.go(CARL)
    chat.watch(watching)
    heard(chat, message)  # type: ignore[arg-type]
    assert chat.calls == calls


def test_a_conversation_is_closed_but_not_the_lobby() -> None:
    chat = chat_of("bob")
    chat.go(BOB)
    chat.close(BOB)
    chat.close(LOBBY)
    chat.close(TEA)
    assert (list(chat.timelines), chat.current) == ([LOBBY], LOBBY)


def test_there_are_not_conversations_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_module, "MAX_TALKS", 4)
    chat = chat_of()
    for name in ("read", "unread", "current"):
        chat.open(Talk(name, is_room=False))
    heard(chat, private("hi", sender="unread"))
    chat.go(Talk("current", is_room=False))
    chat.open(Talk("another", is_room=False))
    assert [talk.label for talk in chat.timelines] == ["#lobby", "unread", "current", "another"]
    chat.open(Talk("one more", is_room=False))
    assert [talk.label for talk in chat.timelines] == ["#lobby", "unread", "current", "one more"]
    heard(chat, private("hi", sender="one more"))
    chat.open(Talk("the last", is_room=False))
    assert [talk.label for talk in chat.timelines] == ["#lobby", "current", "one more", "the last"]


def test_beside_a_private_conversation_stands_who_is_in_the_lobby() -> None:
    chat = chat_of("bob")
    chat.go(BOB)
    assert [user.name for user in chat.present] == ["alice", "bob"]
