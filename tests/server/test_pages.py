from __future__ import annotations

import pytest

from schema.codec import encode
from schema.limits import MAX_SERVER_DOCUMENT, MAX_TEXT
from schema.messages import Broadcast, Direct
from server.archive import Stored
from server.pages import make_page, take_page

TIME = "2026-03-01T09:00:00.000Z"


def said(count: int, text: str = "Hello") -> list[Stored]:
    """So many messages, with the numbers from 1."""
    return [Broadcast(seq=seq, room="lobby", sender="anna", time=TIME, text=text) for seq in range(1, count + 1)]


def numbers(page: list[Stored]) -> list[int]:
    return [message.seq for message in page]


@pytest.mark.parametrize(("count", "limit", "taken"), [(0, 3, 0), (1, 3, 1), (3, 3, 3), (4, 3, 3)])
def test_as_many_are_taken_as_were_asked_for(count: int, limit: int, taken: int) -> None:
    assert numbers(take_page(said(count), limit)) == list(range(1, taken + 1))


@pytest.mark.parametrize("text", ["x" * MAX_TEXT, "&" * MAX_TEXT, "\n" * MAX_TEXT, "\N{GRINNING FACE}" * MAX_TEXT])
def test_long_texts_make_a_page_shorter_and_never_too_large(text: str) -> None:
    found = said(101, text)
    page = take_page(found, 100)
    assert 1 < len(page) <= 100
    assert sum(len(encode(message)) for message in page) <= 512 * 1024
    # It is not shorter than it has to be: one more would be about what is too much.
    if len(page) < 100:
        assert sum(len(encode(message)) for message in found[: len(page) + 1]) > 0.9 * 512 * 1024
    assert len(encode(make_page("1", found, 100, newest=True))) < MAX_SERVER_DOCUMENT


def test_one_message_always_fits() -> None:
    assert numbers(take_page(said(2, "&" * 200_000), 100)) == [1]


@pytest.mark.parametrize(
    ("newest", "expected"), [(True, [2, 3, 4]), (False, [1, 2, 3])], ids=["the newest", "the oldest"]
)
def test_what_is_nearest_to_where_the_range_begins_is_taken(newest: bool, expected: list[int]) -> None:
    page = make_page("7", said(4), 3, newest=newest)
    assert (page.re, page.more) == ("7", True)
    assert [message.seq for message in page.broadcasts] == expected


@pytest.mark.parametrize("newest", [True, False])
def test_cut_by_octets_it_says_that_there_are_more(newest: bool) -> None:
    found = said(3, "x" * 200_000)
    page = make_page("7", found, 3, newest=newest)
    assert page.more
    assert [message.seq for message in page.broadcasts] == ([2, 3] if newest else [1, 2])


def test_direct_messages_have_their_own_place_in_a_page() -> None:
    direct = Direct(seq=5, sender="anna", to="ben", time=TIME, text="Hello")
    page = make_page("7", [direct], 3, newest=True)
    assert (page.broadcasts, page.directs, page.more) == ((), (direct,), False)
