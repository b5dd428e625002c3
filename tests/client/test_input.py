from __future__ import annotations

import io

import pytest

from client import Client, Disconnected
from client.input import Input
from client.output import Output
from schema.messages import Broadcast, Direct, Message
from tests.client.conftest import Enter


class Typed:
    """Somebody who types; `told` is what is said to them."""

    def __init__(self, client: Client) -> None:
        self._told = io.StringIO()
        self.input = Input(client, Output("plain", io.StringIO(), self._told))

    @property
    def told(self) -> str:
        return self._told.getvalue()


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages if isinstance(message, Broadcast | Direct)]


def test_what_is_typed_arrives_in_order(enter: Enter) -> None:
    bob, alice = enter("bob"), enter("alice")
    typed = Typed(alice)
    assert all(typed.input.take(line) for line in ("one", "/dm bob two", "", "//three", "/users"))
    typed.input.log_out()
    bob.ex()
    assert texts(list(bob.events())) == ["one", "two", "/three"]
    assert typed.told == ""


@pytest.mark.parametrize("line", ["/ex", "/quit", "/EX"])
def test_ex_is_left_to_the_caller(enter: Enter, line: str) -> None:
    alice = enter("alice")
    assert not Typed(alice).input.take(line)
    assert alice.ping().re


def test_help_is_told_and_not_sent(enter: Enter) -> None:
    typed = Typed(enter("alice"))
    assert typed.input.take("/help")
    assert "/dm NAME TEXT" in typed.told


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("/dm bob", "! Not sent: Usage: /dm NAME TEXT"),
        ("/nonsense", "! Not sent: There is no command /nonsense."),
        ("a\x1b[2Jb", "! Not sent: "),
        ("/dm Bob hi", "! Not sent: "),
        ("\udcff", "! Not sent: "),
        ("x" * 100_000, "! Not sent: "),
        ("/join a b", "! Not sent: "),
    ],
    ids=["no text", "no command", "control character", "no name", "not UTF-8", "too large", "no room"],
)
def test_what_cannot_be_sent_is_told_and_the_next_line_is_sent(enter: Enter, line: str, reason: str) -> None:
    alice = enter("alice")
    typed = Typed(alice)
    assert typed.input.take(line)
    assert typed.told.startswith(reason)
    assert typed.told.count("\n") == 1
    assert typed.input.take("next")
    typed.input.log_out()
    assert texts(list(alice.events())) == ["next"]


def test_a_room_that_was_entered_gets_the_lines(enter: Enter) -> None:
    alice = enter("alice")
    typed = Typed(alice)
    rooms = [typed.input.room]
    for line in ("/join tea", "in tea", "/part", "/join lobby"):
        typed.input.take(line)
        rooms.append(typed.input.room)
    assert rooms == [None, "tea", "tea", None, None]
    typed.input.log_out()
    assert [event.room for event in alice.events() if isinstance(event, Broadcast)] == ["tea"]


def test_a_room_that_could_not_be_entered_leaves_the_lines_where_they_were(enter: Enter) -> None:
    """Else every line after a mistyped name would be refused too."""
    alice = enter("alice")
    typed = Typed(alice)
    for line in ("/join Tea", "hello"):
        typed.input.take(line)
    assert typed.input.room is None
    typed.input.log_out()
    assert texts(list(alice.events())) == ["hello"]


def test_a_line_after_the_end_raises(enter: Enter) -> None:
    alice = enter("alice")
    typed = Typed(alice)
    alice.ex()
    list(alice.events())
    with pytest.raises(Disconnected):
        typed.input.take("hello")
