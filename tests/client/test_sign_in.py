from __future__ import annotations

from collections.abc import Iterator

import pytest

from client import Client, Refused
from client.sign_in import Applicant, sign_in
from server.service import Service
from tests.client.conftest import Enter

CHOOSE, AGAIN, PASSWORD = "Choose a password: ", "The same again: ", "Password: "
REGISTER = "Nobody is registered as alice. Register it? [y/N] "
NEW = "alice is a new name: choose a password, and you are registered with it."
KNOWN = "alice is registered: log in with the password."
WRONG = "alice is registered with another password. Try again."
EMPTY = "A password cannot be empty."
TOO_LONG = "A password has 128 characters at the most; this one has 129. Try again."
UNSENDABLE = "A password cannot hold such characters, or as many. Try again."


class Person:
    """Answers questions in turn, and has no more to say after that; `heard` is all that was asked and told."""

    def __init__(self, *answers: str) -> None:
        self._answers = iter(answers)
        self.heard: list[str] = []

    def ask(self, question: str) -> str:
        self.heard.append(question)
        try:
            return next(self._answers)
        except StopIteration:
            raise EOFError from None

    def ask_secret(self, question: str) -> str:
        return self.ask(question)

    def tell(self, sentence: str) -> None:
        self.heard.append(sentence)


@pytest.fixture
def chat(service: Service) -> Iterator[Client]:
    """Connected, not logged in."""
    with Client.connect(*service.address) as chat:
        yield chat


@pytest.mark.parametrize(
    ("answers", "heard"),
    [
        (["secret", "secret"], [NEW, CHOOSE, AGAIN]),
        (
            ["secret", "secrte", "secret", "secret"],
            [NEW, CHOOSE, AGAIN, "Those were two different ones.", CHOOSE, AGAIN],
        ),
        (["", "secret", "secret"], [NEW, CHOOSE, EMPTY, CHOOSE, AGAIN]),
        (["x" * 129, "x" * 129, "secret", "secret"], [NEW, CHOOSE, AGAIN, TOO_LONG, CHOOSE, AGAIN]),
        (["\x1b[A", "\x1b[A", "secret", "secret"], [NEW, CHOOSE, AGAIN, UNSENDABLE, CHOOSE, AGAIN]),
    ],
    ids=["twice the same", "a mismatch", "empty", "too long", "a control character"],
)
def test_a_new_name_chooses_a_password(chat: Client, answers: list[str], heard: list[str]) -> None:
    person = Person(*answers)
    welcome = sign_in(chat, Applicant("alice", None), person)
    assert (welcome.name, welcome.registered) == ("alice", True)
    assert person.heard == heard


@pytest.mark.parametrize(
    ("answers", "heard"),
    [
        (["alice"], [KNOWN, PASSWORD]),
        (["wrong", "alice"], [KNOWN, PASSWORD, WRONG, PASSWORD]),
        (["wrong", "wrong", "alice"], [KNOWN, PASSWORD, WRONG, PASSWORD, WRONG, PASSWORD]),
        (["", "", "alice"], [KNOWN, PASSWORD, EMPTY, PASSWORD, EMPTY, PASSWORD]),
        (["\x1b[A", "alice"], [KNOWN, PASSWORD, UNSENDABLE, PASSWORD]),
    ],
    ids=["right", "wrong once", "wrong twice", "empty", "a control character"],
)
def test_a_known_name_is_asked_for_its_password(
    enter: Enter, chat: Client, answers: list[str], heard: list[str]
) -> None:
    enter("alice")
    person = Person(*answers)
    welcome = sign_in(chat, Applicant("alice", None), person)
    assert not welcome.registered
    assert person.heard == heard


def test_three_wrong_passwords_are_enough(enter: Enter, chat: Client) -> None:
    enter("alice")
    person = Person(*["wrong"] * 9)
    with pytest.raises(Refused) as refused:
        sign_in(chat, Applicant("alice", None), person)
    assert refused.value.error.code == "wrong-password"
    assert person.heard.count(PASSWORD) == 3


@pytest.mark.parametrize("answers", [[], ["secret"]])
def test_whoever_gives_no_answer_is_not_registered(chat: Client, answers: list[str]) -> None:
    with pytest.raises(EOFError):
        sign_in(chat, Applicant("alice", None), Person(*answers))
    assert chat.login("alice").account == "new"


@pytest.mark.parametrize("answer", ["y", "Y", "yes", " YES "])
def test_an_unknown_name_with_a_password_is_registered_after_a_yes(chat: Client, answer: str) -> None:
    person = Person(answer)
    assert sign_in(chat, Applicant("alice", "secret"), person).registered
    assert person.heard == [REGISTER]


@pytest.mark.parametrize("answer", ["", "n", "no", "yess", "nobody"])
def test_anything_but_a_yes_is_a_no(chat: Client, answer: str) -> None:
    with pytest.raises(Refused) as refused:
        sign_in(chat, Applicant("alice", "secret"), Person(answer))
    assert refused.value.error.code == "unknown-name"
    assert chat.login("alice").account == "new"


@pytest.mark.parametrize(
    ("password", "register", "code"),
    [("secret", False, "unknown-name"), ("x" * 129, True, "bad-password")],
)
def test_where_nobody_can_be_asked_the_refusal_is_raised(
    chat: Client, password: str, register: bool, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        sign_in(chat, Applicant("alice", password, register=register), None)
    assert refused.value.error.code == code


@pytest.mark.parametrize("registered", [False, True])
def test_register_is_for_new_names_and_does_known_ones_no_harm(enter: Enter, chat: Client, registered: bool) -> None:
    if registered:
        enter("alice")
    welcome = sign_in(chat, Applicant("alice", "alice", register=True), None)
    assert bool(welcome.registered) is not registered
    assert "alice" in welcome.names


def test_a_wrong_password_that_was_given_is_not_asked_for_again(enter: Enter, chat: Client) -> None:
    """It came from a file or the environment: whoever is there did not mistype it."""
    enter("alice")
    person = Person("alice")
    with pytest.raises(Refused) as refused:
        sign_in(chat, Applicant("alice", "wrong", register=True), person)
    assert refused.value.error.code == "wrong-password"
    assert person.heard == []
