"""What stands where, at a real terminal."""

from __future__ import annotations

import re

import pytest

from client import Client
from server.service import Service
from tests.client.conftest import Enter, Open
from tests.client.screen.conftest import said, untimed
from tests.client.terminals import Terminal

#: The rows of a screen, with a single space for several and a single line for a longer one.
MESSAGES = (
    "─ a day ─",
    "12:00 bob: one",
    "12:00 bob: two",
    "12:00 You are alice. Here: alice, bob",
    "12:00 bob: alice, three",
)
WIDE = (
    "#lobby │ │ alice",
    "bob 1 │ │ bob",
    *["│ │"] * 15,
    "│ ─ a day ─│",
    *(f"│ {message} │" for message in MESSAGES[1:]),
    "alice@127.0.0.1 · #lobby · 2 people · connected /help · Tab · PgUp · /quit",
)
NARROW = (*[""] * 5, *MESSAGES, "#lobby · connected · unread: bob 1")


def squeezed(screen: str) -> tuple[str, ...]:
    rows = untimed(screen).split("\n")
    return tuple(re.sub("─+", "─", re.sub(" {2,}", " ", row)).strip() for row in rows)


def said_to_alice(bob: Client) -> None:
    bob.pm("alice, three")
    bob.dm("alice", "psst")


@pytest.fixture
def bob(enter: Enter) -> Client:
    """Has said two things before alice comes."""
    client = enter("bob")
    client.pm("one")
    client.pm("two")
    return client


Size = tuple[int, int]


def alice_at(service: Service, open_terminal: Open, bob: Client, size: Size, **more: str) -> Terminal:
    alice = open_terminal(service.address, "--register", password="secret", size=size, **more)
    alice.until(lambda screen: "bob: two" in screen and "You are alice" in screen)
    said_to_alice(bob)
    return alice


def test_on_80_by_24_everything_is_there(service: Service, open_terminal: Open, bob: Client) -> None:
    alice = alice_at(service, open_terminal, bob, (80, 24))
    alice.until(lambda screen: squeezed(screen) == (*WIDE, ">"))


@pytest.mark.heavy
def test_on_40_by_12_the_sides_are_gone_and_what_is_unread_is_said(
    service: Service, open_terminal: Open, bob: Client
) -> None:
    alice = alice_at(service, open_terminal, bob, (40, 12))
    alice.until(lambda screen: squeezed(screen) == (*NARROW, ">"))


@pytest.mark.heavy
@pytest.mark.parametrize("size", [(20, 5), (10, 3), (200, 60)])
def test_any_other_size_will_do(service: Service, open_terminal: Open, size: Size) -> None:
    alice = open_terminal(service.address, "--register", password="secret", size=size)
    alice.until(lambda screen: ">" in screen)
    alice.enter("hi")
    alice.until(lambda screen: "hi" in screen)
    alice.enter("/quit")
    assert alice.end() == 0


@pytest.mark.heavy
def test_another_size_is_drawn_as_if_it_had_always_been_so(service: Service, open_terminal: Open, bob: Client) -> None:
    alice = alice_at(service, open_terminal, bob, (80, 24))
    alice.press("half a line")
    for _ in range(2):
        alice.until(lambda screen: squeezed(screen) == (*WIDE, "> half a line"))
        alice.resize(40, 12)
        alice.until(lambda screen: squeezed(screen) == (*NARROW, "> half a line"))
        alice.resize(80, 24)


#: Colours as a terminal is told them: 30 to 38, 40 to 48 and the bright ones.
COLOUR = re.compile(rb"\x1b\[[0-9;]*\b(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[0-9;]*m")


@pytest.mark.heavy
@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_can_be_had_or_not(
    service: Service, open_terminal: Open, bob: Client, more: dict[str, str], coloured: bool
) -> None:
    alice = alice_at(service, open_terminal, bob, (80, 24), **more)
    alice.until(lambda screen: "three" in screen)
    assert bool(COLOUR.search(alice.raw)) == coloured


@pytest.mark.heavy
def test_texts_of_all_scripts_keep_the_edges_straight(alice: Terminal, enter: Enter) -> None:
    enter("bob").pm("日本語 " * 12 + "👍 " * 20 + "e\u0301" * 60 + " שלום עולם " * 5 + " at last")
    alice.until(lambda screen: "at last" in said(screen))
    # In cells: the second half of a wide character is an empty one.
    alice.until(lambda _: {alice.row(number)[edge].data for number in range(22) for edge in (16, 64)} == {"│"})
