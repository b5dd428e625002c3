from __future__ import annotations

import pytest

from client.errors import Disconnected
from client.unanswered import Sent, Unanswered
from schema.codec import encode
from schema.messages import Away, Command, Ex, List, Ok, Passwd, Pm


def unanswered(*commands: Command, quiet: tuple[Command, ...] = ()) -> Unanswered:
    """Holds the commands, in their order, and those that nobody misses behind them."""
    made = Unanswered()
    for command in (*commands, *quiet):
        made.add(Sent(command, encode(command), quiet=command in quiet))
    return made


ONE, TWO, LEAVE = Pm(id="1", text="one"), Pm(id="2", text="two"), Ex(id="3")
BLOCKS = List(id="4", what="blocks")


def ids(sent: list[Sent]) -> list[str]:
    return [one.command.id for one in sent]


def test_they_keep_their_order() -> None:
    held = unanswered(TWO, ONE)
    assert ids(held.after(0)) == ["2", "1"]
    assert ids(held.after(1)) == ["1"]
    assert ids(held.take_all()) == ["2", "1"]
    assert len(held) == 0


def test_an_answer_is_for_its_command() -> None:
    held = unanswered(ONE, TWO)
    sent = held.take("2")
    assert sent is not None
    sent.answered(Ok(re="2"))
    assert sent.answer.result(0) == Ok(re="2")
    assert held.take("2") is None
    assert ("1" in held, "2" in held) == (True, False)


def test_what_failed_or_was_given_up_is_not_answered_again() -> None:
    sent = Sent(ONE, b"")
    sent.fail(Disconnected("Gone."))
    sent.answered(Ok(re="1"))
    with pytest.raises(Disconnected):
        sent.answer.result(0)


def test_nobody_misses_what_is_quiet() -> None:
    held = unanswered(ONE, quiet=(BLOCKS,))
    assert (len(held), held.missed) == (2, 1)


@pytest.mark.parametrize(("commands", "leaving"), [((ONE,), False), ((ONE, LEAVE), True)])
def test_an_ex_is_leaving(commands: tuple[Command, ...], leaving: bool) -> None:
    assert unanswered(*commands).leaving is leaving


def test_what_restores_goes_first_and_once() -> None:
    held = unanswered(ONE, quiet=(BLOCKS,))
    held.put_first([Away(id="8"), List(id="9", what="blocks")])
    assert ids(held.after(0)) == ["8", "1", "4"]
    assert held.missed == 1


@pytest.mark.parametrize(("password", "then"), [("old", "new"), ("new", None), ("other", None)])
def test_a_password_that_was_being_changed_may_be_the_new_one(password: str, then: str | None) -> None:
    held = unanswered(ONE, Passwd(id="5", old="old", new="new"))
    before = held.after(1)[0]
    assert held.next_password(password) == then
    again = held.after(1)[0]
    assert again.command == Passwd(id="5", old="new" if then else "old", new="new")
    assert again.document == encode(again.command)
    assert again.answer is before.answer
