from __future__ import annotations

from collections.abc import Sequence

import pytest

from client.place import Place
from schema.messages import Broadcast, Direct, Message, Ok, Page, Resumed, Welcome

TIME = "2026-03-01T09:05:00.000Z"


def welcome(seq: int, place: int) -> Welcome:
    return Welcome(re="1", name="alice", room="lobby", seq=seq, place=place)


def pm(seq: int) -> Broadcast:
    return Broadcast(seq=seq, room="lobby", sender="bob", time=TIME, text="hi")


def dm(seq: int) -> Direct:
    return Direct(seq=seq, sender="bob", to="alice", time=TIME, text="hi")


def resumed(seq: int) -> Resumed:
    return Resumed(seq=seq)


def follow(place: Place, messages: Sequence[Message]) -> list[int]:
    """The numbers of the messages that are new, when these come."""
    new = []
    for message in messages:
        if isinstance(message, Welcome):
            place.welcomed(message)
        elif place.take(message) and isinstance(message, Broadcast | Direct):
            new.append(message.seq)
    return new


#: What comes, what of it is new, and what the next login says then: since and place.
CASES: dict[str, tuple[list[Message], list[int], tuple[int | None, int | None]]] = {
    "nothing": ([], [], (None, None)),
    "the first login": ([welcome(10, 10)], [], (10, 10)),
    "live messages": ([welcome(10, 10), pm(11), dm(13), pm(14)], [11, 13, 14], (14, 14)),
    "cut right after the welcome": ([welcome(10, 3)], [], (10, 3)),
    "offline messages": ([welcome(10, 3), dm(4), dm(8), resumed(10)], [4, 8], (10, 10)),
    "cut in the middle of them": ([welcome(10, 3), dm(4)], [4], (10, 4)),
    "and come back": (
        [welcome(10, 3), dm(4), welcome(15, 4), dm(8), pm(11), dm(12), resumed(15), pm(16)],
        [4, 8, 11, 12, 16],
        (16, 16),
    ),
    "cut again among those missed": ([welcome(10, 3), dm(4), welcome(15, 4), dm(8), pm(11)], [4, 8, 11], (11, 11)),
    "cut before anything was missed": ([welcome(10, 10), pm(11), welcome(11, 11), resumed(11)], [11], (11, 11)),
    "cut right after the second welcome": ([welcome(10, 10), pm(11), welcome(40, 11)], [11], (11, 11)),
    "others' messages in between": ([welcome(10, 10), resumed(17), pm(18)], [18], (18, 18)),
    "messages again": ([welcome(10, 10), pm(11), pm(11), dm(11), pm(10), pm(12)], [11, 12], (12, 12)),
    "direct messages again": ([welcome(10, 3), dm(4), dm(4), dm(3), dm(5)], [4, 5], (10, 5)),
    "what the server has lost": ([welcome(10, 10), pm(50), welcome(20, 20), pm(21), dm(22)], [50, 21, 22], (22, 22)),
    "everything lost": ([welcome(10, 10), pm(50), welcome(0, 0), resumed(0), pm(1)], [50, 1], (1, 1)),
    "an answer": ([welcome(10, 10), Ok(re="2", seq=99, time=TIME), pm(11)], [11], (11, 11)),
    "a page": ([welcome(10, 10), Page(re="2", more=False, broadcasts=(pm(99),)), pm(11)], [11], (11, 11)),
}


@pytest.mark.parametrize(("messages", "new", "said"), CASES.values(), ids=CASES)
def test_a_place_after(messages: list[Message], new: list[int], said: tuple[int | None, int | None]) -> None:
    place = Place()
    assert follow(place, messages) == new
    assert (place.since, place.direct) == said


@pytest.mark.parametrize(
    ("since", "messages", "new", "said"),
    [
        (0, [welcome(10, 0), dm(1), pm(2), resumed(10)], [1, 2], (10, 10)),
        (7, [welcome(10, 7), pm(8), resumed(10)], [8], (10, 10)),
        (7, [welcome(10, 7)], [], (7, 7)),
        (10, [welcome(10, 10), resumed(10), pm(11)], [11], (11, 11)),
        (99, [welcome(10, 10), resumed(10), pm(11), dm(12)], [11, 12], (12, 12)),
    ],
)
def test_a_place_that_another_program_has_left(
    since: int, messages: list[Message], new: list[int], said: tuple[int, int]
) -> None:
    place = Place()
    place.start_at(since)
    assert (place.since, place.direct) == (since, since)
    assert follow(place, messages) == new
    assert (place.since, place.direct) == said


def test_wherever_it_is_cut_nothing_is_missed_and_nothing_comes_twice() -> None:
    """The server sends what the two numbers ask for; whether it is cut again or not, all has come in the end."""
    sent: list[Broadcast | Direct] = [dm(4), dm(8), pm(11), dm(12), pm(13), pm(15)]
    for first in range(len(sent) + 1):
        for second in range(len(sent) + 1):
            place = Place()
            new = follow(place, [welcome(10, 3), *sent[:2][:first]])
            for cut in (second, len(sent)):
                since, direct = place.since or 0, place.direct or 0
                missed = [one for one in sent if one.seq > (direct if isinstance(one, Direct) else since)]
                new += follow(place, [welcome(15, direct), *missed[:cut]])
            assert new == [4, 8, 11, 12, 13, 15]
