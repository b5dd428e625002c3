from __future__ import annotations

import re

import pytest

from client.view.entries import Talk
from client.view.link import Down, Link, Returned, Up
from client.view.words import CARD, badge, banner, card, status, unread
from tests.client.view.scenes import BOB, LOBBY, NOW, TEA, chat_of, heard, private, public


@pytest.mark.parametrize(
    ("people", "talk", "link", "said"),
    [
        (["bob", "carl"], LOBBY, Up(), "alice@chat.example · #lobby · 3 people · connected"),
        ([], LOBBY, Up(), "alice@chat.example · #lobby · 1 person · connected"),
        (["bob"], LOBBY, Down("Gone.", NOW), "alice@chat.example · #lobby · 2 people · not connected"),
        (["bob"], LOBBY, Returned(NOW), "alice@chat.example · #lobby · 2 people · connected"),
        (["bob"], BOB, Up(), "alice@chat.example · bob · is here · connected"),
        ([], BOB, Up(), "alice@chat.example · bob · is not here now · connected"),
    ],
)
def test_the_status_says_who_where_with_whom_and_whether(people: list[str], talk: Talk, link: Link, said: str) -> None:
    chat = chat_of(*people)
    chat.go(talk)
    chat.link = link
    assert status(chat)[0] == said


def test_what_is_said_in_fewer_words_keeps_what_matters_most() -> None:
    chat = heard(chat_of("bob"), private("psst"), public("x", room="tea"))
    assert status(chat, listed=False) == [
        "alice@chat.example · #lobby · 2 people · connected · unread: bob 1, #tea 1",
        "alice · #lobby · 2 people · connected · unread: bob 1, #tea 1",
        "#lobby · connected · unread: bob 1, #tea 1",
        "unread: bob 1, #tea 1 · connected",
        "connected",
    ]


def test_what_is_unread_is_counted() -> None:
    chat = chat_of("bob")
    assert unread(chat) == ""
    heard(chat, private("psst"), private("psst"))
    assert (badge(chat, BOB), badge(chat, LOBBY)) == ("bob 2", "#lobby")


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (Up(), None),
        (Returned(NOW), r"Connected again; the connection was down from ..:05, and nothing was missed."),
        (Returned(NOW, 1), r"Connected again; the connection was down from ..:05, and 1 message came meanwhile."),
        (Returned(NOW, 7), r"Connected again; the connection was down from ..:05, and 7 messages came meanwhile."),
        (Down("Gone.", NOW), r"Not connected since ..:05: Gone. Trying again; what you send waits."),
        (Down("\x9b2J\u202e", NOW), r"Not connected since ..:05: \x9b2J\u202e Trying again; what you send waits."),
    ],
)
def test_the_banner_says_what_has_to_be_known(link: Link, said: str | None) -> None:
    found = banner(link)
    assert (re.sub(r"\d\d:05", "..:05", found) if found else None) == said


@pytest.mark.parametrize(
    "word", ["Enter", "alice", "chat.example", "connected", "/help", "/users", "/dm", "PgUp", "/quit"]
)
def test_an_empty_conversation_tells_a_newcomer_what_they_need(word: str) -> None:
    assert any(word in line for line in card(chat_of()))


def test_who_talks_to_one_person_is_told_that_only_they_read_it() -> None:
    chat = chat_of()
    chat.go(TEA)
    assert "everyone in #tea reads it" in card(chat)[1]
    chat.go(BOB)
    assert "only bob reads it" in card(chat)[1]
    assert len(card(chat)) == len(CARD) <= 8
