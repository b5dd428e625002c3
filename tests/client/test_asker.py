from __future__ import annotations

import pytest

from client.asker import ask_password, choose_password
from tests.client.people import Person

CHOOSE, AGAIN = "Choose a password: ", "The same again: "


def test_a_password_is_chosen_when_it_was_typed_twice_the_same() -> None:
    person = Person("one", "two", "", "three", "three")
    assert choose_password(person) == "three"
    different, empty = "Those were two different ones.", "A password cannot be empty."
    assert person.heard == [CHOOSE, AGAIN, different, CHOOSE, empty, CHOOSE, AGAIN]


def test_a_password_is_asked_for_until_there_is_one() -> None:
    person = Person("", " ")
    assert ask_password(person, "Which? ") == " "
    assert person.heard == ["Which? ", "A password cannot be empty.", "Which? "]


@pytest.mark.parametrize("answers", [(), ("one",), ("",)])
def test_whoever_gives_no_answer_has_no_password(answers: tuple[str, ...]) -> None:
    with pytest.raises(EOFError):
        choose_password(Person(*answers))
