from __future__ import annotations

import pytest
from prompt_toolkit.formatted_text import fragment_list_to_text
from prompt_toolkit.utils import get_cwidth

from client.screen.sides import PEOPLE_WIDTH, TALKS_WIDTH, fit, people, talks
from client.view.entries import Talk
from schema.messages import User
from tests.client.view.scenes import BOB, LOBBY, chat_of, heard, private


def test_conversations_stand_below_each_other_with_what_is_unread() -> None:
    chat = heard(chat_of("bob"), private("psst"), private("psst"))
    chat.open(Talk("a-very-long-name-of-somebody", is_room=False))
    rows = fragment_list_to_text(talks(chat, 10)).split("\n")
    assert [" ".join(row.split()) for row in rows] == ["#lobby", "bob 2", "a-very-long-n…"]
    assert max(map(get_cwidth, rows)) <= TALKS_WIDTH
    assert [role for role, *_ in talks(chat, 10)] == ["class:talk.current", "class:talk.unread", "class:talk"]


def test_of_many_conversations_the_current_one_is_seen() -> None:
    chat = chat_of()
    for number in range(30):
        chat.open(Talk(f"user{number}", is_room=False))
    for talk in (LOBBY, Talk("user15", is_room=False), Talk("user29", is_room=False)):
        chat.go(talk)
        rows = fragment_list_to_text(talks(chat, 5)).split("\n")
        assert len(rows) == 5
        assert talk.label in map(str.strip, rows)


def test_people_stand_by_name_with_what_is_to_be_known_of_them() -> None:
    chat = chat_of()
    chat.people["lobby"] = (
        User("bob", role="moderator"),
        User("alice", role="admin"),
        User("a-very-long-name-of-somebody", away=True),
    )
    rows = fragment_list_to_text(people(chat, 10)).split("\n")
    assert rows == [" a-very… (away)", " @alice", " +bob"]
    assert max(map(get_cwidth, rows)) <= PEOPLE_WIDTH


@pytest.mark.parametrize(("height", "last"), [(3, " and 8 more"), (10, " user9"), (1, " and 10 more")])
def test_who_does_not_fit_is_counted(height: int, last: str) -> None:
    chat = chat_of()
    chat.people["lobby"] = User.named(*(f"user{number}" for number in range(10)))
    rows = fragment_list_to_text(people(chat, height)).split("\n")
    assert (len(rows), rows[-1]) == (height, last)


def test_nobody_is_there_before_the_first_list() -> None:
    chat = chat_of()
    chat.people.clear()
    assert people(chat, 10) == []
    chat.go(BOB)
    assert people(chat, 10) == []


@pytest.mark.parametrize(
    ("text", "cells", "fitted"),
    [
        ("bob", 5, "bob  "),
        ("bobby", 5, "bobby"),
        ("bobby", 4, "bob…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日… "),
        ("x", 0, ""),
    ],
)
def test_a_label_takes_the_cells_it_has(text: str, cells: int, fitted: str) -> None:
    assert fit(text, cells) == fitted
