"""Asking for what was said."""

from __future__ import annotations

import pytest

from schema.limits import MAX_TEXT
from schema.messages import Direct, Dm, Error, History, Join, Page, Pm
from tests.conftest import Connect
from tests.peer import Peer

Asked = dict[str, str | int]


def page(peer: Peer, **asked: str | int) -> tuple[list[int], bool]:
    """The numbers in a page, and whether there is more."""
    answer = peer.ask(History(id=peer.next_id(), **asked))  # type: ignore[arg-type]
    assert isinstance(answer, Page), answer
    assert not (answer.broadcasts and answer.directs)
    return [message.seq for message in answer.broadcasts or answer.directs], answer.more


@pytest.fixture
def anna(connect: Connect) -> Peer:
    """Has said 1, 3, 4 and 6 in the lobby and 5 in another room, told ben 2 and been told 7 by him."""
    anna, ben = connect("anna"), connect("ben")
    connect("carol")
    anna.ask(Join(id="join", room="tea"))
    for number, room in enumerate(("lobby", None, "lobby", "lobby", "tea", "lobby"), 1):
        message = Pm(id=f"m{number}", room=room, text="x") if room else Dm(id=f"m{number}", to="ben", text="x")
        assert anna.publish(message) == number
    assert ben.publish(Dm(id="m7", to="anna", text="x")) == 7
    return anna


@pytest.mark.parametrize(
    ("asked", "expected", "more"),
    [
        ({}, [1, 3, 4, 6], False),
        ({"room": "lobby"}, [1, 3, 4, 6], False),
        ({"limit": 2}, [4, 6], True),
        ({"limit": 4}, [1, 3, 4, 6], False),
        ({"limit": 0}, [6], True),
        ({"limit": 999}, [1, 3, 4, 6], False),
        ({"before": 4}, [1, 3], False),
        ({"before": 4, "limit": 1}, [3], True),
        ({"before": 1}, [], False),
        ({"before": 0}, [], False),
        ({"before": 999}, [1, 3, 4, 6], False),
        ({"after": 0}, [1, 3, 4, 6], False),
        ({"after": 1, "limit": 2}, [3, 4], True),
        ({"after": 1, "limit": 3}, [3, 4, 6], False),
        ({"after": 6}, [], False),
        ({"after": 999}, [], False),
        ({"room": "tea"}, [5], False),
        ({"room": "attic"}, [], False),
        ({"user": "ben"}, [2, 7], False),
        ({"user": "ben", "before": 7}, [2], False),
        ({"user": "ben", "after": 2}, [7], False),
        ({"user": "ben", "limit": 1}, [7], True),
        ({"user": "carol"}, [], False),
        ({"user": "anna"}, [], False),
    ],
    ids=str,
)
def test_a_page(anna: Peer, asked: Asked, expected: list[int], more: bool) -> None:
    assert page(anna, **asked) == (expected, more)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"room": "tea", "user": "ben"}, "bad-range"),
        ({"before": 5, "after": 1}, "bad-range"),
        ({"before": 0, "after": 0}, "bad-range"),
        ({"user": "nobody"}, "no-such-user"),
    ],
)
def test_what_cannot_be_asked(anna: Peer, asked: Asked, code: str) -> None:
    assert anna.refused(History(id="h", **asked)) == code  # type: ignore[arg-type]


def test_nobody_reads_what_two_others_told_each_other(anna: Peer, connect: Connect) -> None:
    carol = connect("carol")
    assert page(carol, user="anna") == page(carol, user="ben") == ([], False)
    assert page(connect("ben"), user="anna") == ([2, 7], False)


def test_one_need_not_be_in_the_room(anna: Peer, connect: Connect) -> None:
    assert page(connect("carol"), room="tea") == ([5], False)


def test_before_the_login_there_is_none(connect: Connect) -> None:
    assert connect().refused(History(id="h")) == "login-first"


def test_messages_are_as_they_were(anna: Peer) -> None:
    answer = anna.ask(History(id="h", user="ben"))
    assert isinstance(answer, Page)
    heard = [message for message in anna.sync() if isinstance(message, Direct)]
    assert list(answer.directs) == heard


def test_page_by_page_it_is_everything_once(connect: Connect) -> None:
    anna = connect("anna")
    for number in range(250):
        anna.send(Pm(id=f"m{number}", text="x"))
    anna.answer("m249")
    assert len(page(anna)[0]) == 50
    assert len(page(anna, limit=250)[0]) == 100
    found, more = page(anna, limit=100)
    while more:
        older, more = page(anna, limit=100, before=found[0])
        found = older + found
    assert found == list(range(1, 251))
    found, more = [], True
    while more:
        newer, more = page(anna, limit=100, after=found[-1] if found else 0)
        found += newer
    assert found == list(range(1, 251))


@pytest.mark.parametrize("character", ["\N{GRINNING FACE}", "&", "x"])
def test_long_texts_make_a_page_shorter_and_lose_nothing(connect: Connect, character: str) -> None:
    anna = connect("anna")
    for number in range(1, 141):
        anna.publish(Pm(id=f"m{number}", text=character * MAX_TEXT))
    found, more = page(anna, limit=100)
    assert more
    while more:
        older, more = page(anna, limit=100, before=found[0])
        assert older
        found = older + found
    assert found == list(range(1, 141))


def test_what_cannot_be_read_is_an_answer(anna: Peer, connect: Connect) -> None:
    error = anna.ask(History(id="h", user="nobody"))
    assert isinstance(error, Error)
    assert (error.at, error.action) == ("/history/@user", "modify")
