from __future__ import annotations

import random
from math import inf

import pytest

from schema.messages import Side
from schema.tools.replaying.order import steps_of
from schema.tools.replaying.script import Said, Script, Talk
from tests.schema.tools.replaying.conftest import greeting, script

OPENED = "".join(map(greeting, (1, 2, 3)))


def order(played: Script) -> list[tuple[int, str | None]]:
    """Connection and id of each step; no id where the client leaves."""
    return [(step.connection, step.said.re if step.said else None) for step in steps_of(played)]


def ok(connection: int, id: str, seq: int) -> str:
    return f'{connection} S: <ok re="{id}" seq="{seq}" time="2026-03-01T09:00:00.000Z"/>\n'


def pm(connection: int, id: str) -> str:
    return f'{connection} C: <pm id="{id}"><text>Hello</text></pm>\n'


def who(connection: int, id: str) -> str:
    return f'{connection} C: <who id="{id}"/>\n'


def users(connection: int, id: str) -> str:
    return f'{connection} S: <users re="{id}" room="lobby"/>\n'


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        # One after another.
        (who(1, "a") + users(1, "a") + who(2, "b") + users(2, "b"), "1a 2b"),
        # On their way at once: as they were answered.
        (who(1, "a") + who(2, "b") + users(2, "b") + users(1, "a"), "2b 1a"),
        # Messages by their number, whichever answer came first.
        (pm(1, "a") + pm(2, "b") + pm(3, "c") + ok(1, "a", 3) + ok(2, "b", 1) + ok(3, "c", 2), "2b 3c 1a"),
        (pm(1, "a") + pm(1, "b") + pm(2, "c") + ok(1, "a", 1) + ok(1, "b", 3) + ok(2, "c", 2), "1a 2c 1b"),
        # Each connection keeps its own order, and nothing waits for what comes later.
        (who(1, "a") + pm(1, "b") + pm(2, "c") + ok(2, "c", 2) + ok(1, "b", 1) + users(1, "a"), "1a 1b 2c"),
        # What was never answered comes last, and what was said again has its old number.
        (who(1, "a") + who(2, "b") + users(2, "b"), "2b 1a"),
        (pm(1, "a") + ok(1, "a", 5) + pm(2, "b") + ok(2, "b", 6) + pm(1, "c") + ok(1, "c", 5), "1a 2b 1c"),
    ],
)
def test_what_was_on_its_way_at_once_is_sent_in_the_order_in_which_it_was_taken(said: str, expected: str) -> None:
    assert " ".join(f"{number}{id}" for number, id in order(script(OPENED + said)) if id) == expected


def test_a_capture_in_an_order_that_cannot_be_is_played_to_its_end() -> None:
    said = pm(1, "a") + ok(1, "a", 2) + pm(2, "b") + ok(2, "b", 1)
    assert sorted(order(script(OPENED + said)), key=str) == [(1, "a"), (1, None), (2, "b"), (2, None), (3, None)]


def test_one_who_leaves_does_so_after_its_last_word() -> None:
    assert order(script(OPENED + who(1, "a") + users(1, "a")))[0] == (1, "a")


def test_ten_thousand_commands_take_no_time() -> None:
    """As they come from a hundred connections, with answers in any order."""
    chance = random.Random(7)
    talks = {number: Talk(number) for number in range(100)}
    for place in range(10_000):
        number = chance.randrange(100)
        said = Said(2 * place, place, number, Side.CLIENT, b"", None)
        later = 2 * place + 1 + 2 * chance.randrange(500)
        said.answer = Said(later, place, number, Side.SERVER, b"", None)
        talks[number].said.append(said)
    steps = list(steps_of(Script(talks, [])))
    assert len(steps) == 10_000
    for number, talk in talks.items():
        assert [step.said for step in steps if step.connection == number] == talk.said
    lowest = inf
    for step in reversed(steps):
        # Nothing that was answered before this was sent comes after it.
        assert lowest >= step.position
        lowest = min(lowest, step.answered)
