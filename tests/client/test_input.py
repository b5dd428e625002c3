from __future__ import annotations

import io

import pytest

from client import Client, Disconnected, Refused
from client.asker import Asker
from client.input import Input
from client.output import Output
from schema.messages import Broadcast, Direct, Message
from server.service import Service
from tests.client.conftest import Enter
from tests.client.people import Person


class Typed:
    """Somebody who types; `told` is what is said to them."""

    def __init__(self, client: Client, asker: Asker | None = None) -> None:
        self._told = io.StringIO()
        self.input = Input(client, Output("plain", io.StringIO(), self._told), asker)

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


def logs_in(service: Service, password: str) -> bool:
    with Client.connect(*service.address) as chat:
        try:
            chat.login("alice", password)
        except Refused:
            return False
    return True


def test_a_new_password_is_asked_for_and_changed(enter: Enter, service: Service) -> None:
    person = Person("alice", "new secret", "new secret")
    typed = Typed(enter("alice"), person)
    assert typed.input.take("/password")
    assert typed.told == "* Your password is changed. Wherever else you were logged in, you are no longer.\n"
    assert person.heard == ["Your password until now: ", "Choose a password: ", "The same again: "]
    assert [logs_in(service, password) for password in ("new secret", "alice")] == [True, False]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (["wrong", "new secret", "new secret"], ""),
        (["alice", "x" * 129, "x" * 129], ""),
        (["alice"], "* Your password stays as it was.\n"),
        (["alice", "new secret"], "* Your password stays as it was.\n"),
        (["alice", "\x1b[A", "\x1b[A"], "! Not sent: "),
    ],
    ids=["a wrong one", "too long", "no new one", "not twice", "a control character"],
)
def test_otherwise_the_password_stays(enter: Enter, service: Service, answers: list[str], told: str) -> None:
    """What the server refuses is shown by whoever shows what comes."""
    typed = Typed(enter("alice"), Person(*answers))
    assert typed.input.take("/password")
    assert typed.told.startswith(told)
    assert bool(typed.told) is bool(told)
    assert logs_in(service, "alice")


def test_where_nobody_can_be_asked_no_password_is_changed(enter: Enter) -> None:
    typed = Typed(enter("alice"))
    assert typed.input.take("/password")
    assert typed.told.startswith("! Not sent: To change your password, run the client in a terminal")
