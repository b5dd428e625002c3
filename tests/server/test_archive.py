from __future__ import annotations

from pathlib import Path

import pytest

from schema.messages import Broadcast, Direct
from server.archive import Archive, Missed, Range
from server.errors import StoreError
from server.store import Row, Store

TIME = "2026-03-01T09:00:00.000Z"


def to_room(sender: str, room: str) -> Row:
    return Row(TIME, sender, room, None, f"{sender} in {room}")


def to_user(sender: str, recipient: str) -> Row:
    return Row(TIME, sender, None, recipient, f"{sender} to {recipient}")


@pytest.fixture
def filled(store: Store, archive: Archive) -> Archive:
    """Nine messages, in three rooms and between three users."""
    rows = [
        to_room("anna", "lobby"),
        to_user("anna", "ben"),
        to_room("ben", "tea"),
        to_user("ben", "anna"),
        to_user("carol", "ben"),
        to_room("carol", "lobby"),
        to_room("carol", "attic"),
        to_user("anna", "carol"),
        to_room("anna", "lobby"),
    ]
    store.write(rows, {})
    return archive


@pytest.mark.parametrize(
    ("user", "rooms", "directs_after", "others_after", "expected"),
    [
        ("anna", ("lobby",), 0, 0, [1, 2, 4, 6, 8, 9]),
        ("anna", ("lobby", "tea"), 0, 0, [1, 2, 3, 4, 6, 8, 9]),
        ("anna", ("lobby",), 0, 6, [4, 8, 9]),
        ("anna", ("lobby",), 4, 0, [1, 2, 6, 8, 9]),
        ("ben", ("lobby", "attic"), 2, 6, [5, 7, 9]),
        ("carol", (), 0, 0, [5, 8]),
        ("anna", ("lobby",), 9, 9, []),
        ("dora", ("lobby",), 0, 9, []),
    ],
)
def test_what_a_device_missed(
    filled: Archive, user: str, rooms: tuple[str, ...], directs_after: int, others_after: int, expected: list[int]
) -> None:
    found = filled.missed(Missed(user, rooms, directs_after, others_after), 100)
    assert [message.seq for message in found] == expected


@pytest.mark.parametrize("limit", range(1, 8))
def test_page_by_page_it_is_all_of_it_once_and_in_order(filled: Archive, limit: int) -> None:
    missed = Missed("anna", ("lobby", "tea"), 0, 0)
    found: list[int] = []
    while page := filled.missed(missed, limit):
        assert len(page) <= limit
        found += [message.seq for message in page]
        missed = missed.after(found[-1])
    assert found == [1, 2, 3, 4, 6, 8, 9]


def test_the_next_page_never_goes_back() -> None:
    """A place far behind what else was seen: the direct messages catch up first."""
    missed = Missed("anna", ("lobby",), directs_after=3, others_after=50)
    assert missed.after(20) == Missed("anna", ("lobby",), directs_after=20, others_after=50)
    assert missed.after(60) == Missed("anna", ("lobby",), directs_after=60, others_after=60)


def test_messages_come_as_they_were_sent(filled: Archive) -> None:
    first, second = filled.missed(Missed("anna", ("lobby",), 0, 0), 2)
    assert first == Broadcast(seq=1, room="lobby", sender="anna", time=TIME, text="anna in lobby")
    assert second == Direct(seq=2, sender="anna", to="ben", time=TIME, text="anna to ben")


@pytest.mark.parametrize(
    ("room", "users", "before", "after", "limit", "expected"),
    [
        ("lobby", None, None, None, 10, [1, 6, 9]),
        ("lobby", None, None, None, 2, [6, 9]),
        ("lobby", None, 9, None, 1, [6]),
        ("lobby", None, 1, None, 10, []),
        ("lobby", None, None, 1, 1, [6]),
        ("lobby", None, None, 9, 10, []),
        ("lobby", None, None, 0, 10, [1, 6, 9]),
        ("cellar", None, None, None, 10, []),
        (None, ("anna", "ben"), None, None, 10, [2, 4]),
        (None, ("ben", "anna"), None, 2, 10, [4]),
        (None, ("carol", "ben"), None, None, 10, [5]),
        (None, ("anna", "dora"), None, None, 10, []),
    ],
)
def test_a_part_of_the_history(
    filled: Archive,
    room: str | None,
    users: tuple[str, str] | None,
    before: int | None,
    after: int | None,
    limit: int,
    expected: list[int],
) -> None:
    assert [message.seq for message in filled.history(Range(room, users, before, after, limit))] == expected


def test_a_device_has_its_own_place_and_a_new_one_starts_at_the_furthest(store: Store, archive: Archive) -> None:
    assert archive.place("anna", "desk") == 0
    store.write([], {("anna", "desk"): 5, ("anna", "phone"): 9, ("ben", "desk"): 20})
    assert archive.place("anna", "desk") == 5
    assert archive.place("anna", "tablet") == 9
    assert archive.place("anna", "") == 9
    assert archive.place("carol", "desk") == 0


def test_it_only_reads(archive: Archive) -> None:
    with pytest.raises(StoreError, match="readonly"):
        archive._rows("DELETE FROM message", ())


def test_what_cannot_be_read_is_a_store_error(filled: Archive, tmp_path: Path) -> None:
    filled.close()
    with pytest.raises(StoreError, match="cannot be read"):
        filled.missed(Missed("anna", ("lobby",), 0, 0), 1)
    with pytest.raises(StoreError, match="cannot be read"):
        filled.place("anna", "")
