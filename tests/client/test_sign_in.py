from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from client import Client, Refused
from client.sign_in import Applicant, sign_in
from server.accounts_file import AccountsFile
from server.clock import SystemClock
from server.invitations import Invitations
from server.service import Service
from tests.client.conftest import Enter
from tests.client.people import Person
from tests.conftest import Serve
from tests.server.people import accounts_in, register

CHOOSE, AGAIN, PASSWORD = "Choose a password: ", "The same again: ", "Password: "
REGISTER = "Nobody is registered as alice. Register it? [y/N] "
NEW = "alice is a new name: choose a password, and you are registered with it."
KNOWN = "alice is registered: log in with the password."
WRONG = "alice is registered with another password. Try again."
EMPTY = "A password cannot be empty."
TOO_LONG = "A password has 128 characters at the most; this one has 129. Try again."
UNSENDABLE = "A password cannot hold such characters, or as many. Try again."


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


class TestTypedName:
    """A name that was not on the command line."""

    NAME = "Your name: "

    def test_a_slip_is_no_account(self, chat: Client) -> None:
        person = Person("", "alcie", "n", " Alice ", "y", "secret", "secret")
        welcome = sign_in(chat, Applicant("", None), person)
        assert (welcome.name, welcome.registered) == ("alice", True)
        empty = "Everybody here has a name: small letters, digits, . _ -"
        slip = REGISTER.replace("alice", "alcie")
        assert person.heard == [self.NAME, empty, self.NAME, slip, self.NAME, REGISTER, NEW, CHOOSE, AGAIN]
        with Client.connect(*chat._address) as other:
            assert other.login("alcie").account == "new"

    def test_one_that_is_known_is_not_asked_about(self, enter: Enter, chat: Client) -> None:
        enter("alice")
        person = Person("", "alice")
        sign_in(chat, Applicant("", None, usual="alice"), person)
        assert person.heard == ["Your name (Enter for alice): ", KNOWN, PASSWORD]

    @pytest.mark.parametrize(
        ("name", "sentence"), [("al ice", "al ice cannot be a name"), ("admin", "admin is kept for the operator")]
    )
    def test_one_that_cannot_be_had_is_asked_for_again(self, chat: Client, name: str, sentence: str) -> None:
        person = Person(name, "alice", "y", "secret", "secret")
        assert sign_in(chat, Applicant("", None), person).name == "alice"
        assert sentence in person.heard[1]
        assert person.heard[2] == self.NAME

    def test_who_said_register_is_not_asked_whether_they_mean_it(self, chat: Client) -> None:
        person = Person("alice", "secret", "secret")
        assert sign_in(chat, Applicant("", None, register=True), person).registered
        assert person.heard == [self.NAME, NEW, CHOOSE, AGAIN]


INVITATION = "Your invitation, if you are new here (Enter for none): "


class TestInvitation:
    """Where the server registers whoever has an invitation."""

    @pytest.fixture
    def service(self, serve: Serve) -> Service:
        return serve(registration="invitation")

    @pytest.fixture
    def code(self, service: Service, data: Path) -> str:
        with closing(AccountsFile(data / "accounts.db")) as file:
            return Invitations(file, SystemClock()).make(days=1)

    def test_whoever_is_new_is_asked_for_it_and_chooses_a_password(self, chat: Client, code: str) -> None:
        person = Person(f" {code} ", "secret", "secret")
        welcome = sign_in(chat, Applicant("alice", None), person)
        assert welcome.registered
        assert person.heard == [INVITATION, NEW, CHOOSE, AGAIN]

    def test_whoever_was_here_before_needs_none(self, chat: Client, data: Path) -> None:
        register(data, "alice")
        person = Person("", "correct horse")
        assert not sign_in(chat, Applicant("alice", None), person).registered
        assert person.heard == [INVITATION, "Log in as alice with the password.", PASSWORD]

    def test_one_that_is_not_valid_is_the_end(self, chat: Client) -> None:
        person = Person("NO-SUCH-CODE", "secret")
        with pytest.raises(Refused, match="The invitation is not valid") as refused:
            sign_in(chat, Applicant("alice", None), person)
        assert refused.value.error.code == "bad-invitation"
        assert person.heard[2] == "There is a user alice already, or the invitation is not valid."

    def test_one_that_was_given_is_not_asked_for(self, chat: Client, code: str) -> None:
        who = Applicant("alice", "secret", register=True, invitation=code)
        assert sign_in(chat, who, Person()).registered

    def test_who_wants_to_register_with_a_password_is_asked_for_it_too(self, chat: Client, code: str) -> None:
        person = Person(code)
        assert sign_in(chat, Applicant("alice", "secret", register=True), person).registered
        assert person.heard == [INVITATION]

    def test_who_has_a_password_and_does_not_register_is_not(self, chat: Client, data: Path) -> None:
        register(data, "alice")
        assert not sign_in(chat, Applicant("alice", "correct horse"), Person()).registered


def test_a_name_that_is_kept_is_said_before_a_password_is_asked_for(chat: Client) -> None:
    person = Person()
    with pytest.raises(Refused, match="kept for the operator"):
        sign_in(chat, Applicant("admin", None), person)
    assert person.heard == []


@pytest.mark.parametrize("code", ["account-disabled", "throttled"])
def test_who_cannot_get_in_now_is_told_why_and_not_asked_again(
    enter: Enter, chat: Client, data: Path, code: str
) -> None:
    enter("alice").close()
    with accounts_in(data) as accounts:
        accounts.disable("alice")
    if code == "throttled":
        for _ in range(2):
            with pytest.raises(Refused):
                sign_in(chat, Applicant("alice", None), Person(*["wrong"] * 3))
    person = Person("alice")
    with Client.connect(*chat._address) as other, pytest.raises(Refused) as refused:
        sign_in(other, Applicant("alice", None), person)
    assert refused.value.error.code == code
    assert person.heard.count(PASSWORD) == 1
