"""The ways into an account, and how each fails."""

from __future__ import annotations

import sqlite3

import pytest

from schema.limits import MAX_PASSWORD
from schema.messages import Dm, Login, Prompt
from server.errors import Busy
from server.requests import Enter
from server.session import Session
from tests.server.sessions import Book, OpenSession, code, login, refused


def test_a_new_name_is_asked_for_a_password_and_registered_with_it(session: Session, accounts: Book) -> None:
    prompt = login(session, "1")
    assert isinstance(prompt, Prompt)
    assert (prompt.re, prompt.name, prompt.account) == ("1", "anna", "new")
    assert login(session, "2", password="geheim") == Enter("2", registered=True)
    assert session.name == "anna"
    assert accounts.verify("anna", "geheim")


def test_a_known_name_is_asked_for_its_password(session: Session, accounts: Book) -> None:
    accounts.register("anna", "geheim")
    prompt = login(session, "1")
    assert isinstance(prompt, Prompt)
    assert prompt.account == "known"
    assert code(session, Login(id="2", name="anna", password="falsch")) == ("wrong-password", "2")
    assert not session.logged_in
    assert login(session, "3", password="geheim") == Enter("3", registered=False)


def test_a_new_name_in_one_step_has_to_say_that_it_is_new(session: Session, accounts: Book) -> None:
    assert code(session, Login(id="1", name="anna", password="geheim")) == ("unknown-name", "1")
    assert "anna" not in accounts
    assert login(session, "2", password="geheim", register=True) == Enter("2", registered=True)


def test_a_known_name_that_says_it_is_new_is_checked_all_the_same(session: Session, accounts: Book) -> None:
    accounts.register("anna", "geheim")
    refusal = refused(session, Login(id="1", name="anna", password="falsch", register=True))
    assert (refusal.code.name, refusal.at) == ("wrong-password", "/login/password")
    assert login(session, "2", password="geheim", register=True) == Enter("2", registered=False)


def test_being_asked_about_one_name_does_not_register_another(session: Session) -> None:
    login(session, "1", name="anna")
    assert code(session, Login(id="2", name="ben", password="geheim")) == ("unknown-name", "2")
    assert login(session, "3", name="anna", password="geheim") == Enter("3", registered=True)


def test_whoever_registers_between_the_prompt_and_the_password_has_the_name(session: Session, accounts: Book) -> None:
    login(session, "1")
    accounts.register("anna", "first")
    assert code(session, Login(id="2", name="anna", password="second")) == ("wrong-password", "2")
    assert login(session, "3", password="first") == Enter("3", registered=False)


@pytest.mark.parametrize("quicker", ["another", "geheim"])
def test_whoever_is_quicker_by_a_hair_has_the_name(session: Session, accounts: Book, quicker: str) -> None:
    """Both found the name free. The second is checked against the account of the first (PROTOCOL.md, 4.3)."""
    accounts.quicker = quicker
    if quicker == "geheim":
        assert login(session, "1", password="geheim", register=True) == Enter("1", registered=False)
    else:
        assert code(session, Login(id="1", name="anna", password="geheim", register=True)) == ("wrong-password", "1")


def test_a_password_over_the_limit_is_neither_hashed_nor_counted_as_wrong(session: Session, accounts: Book) -> None:
    accounts.register("anna", "geheim")
    for id in "123456":
        refusal = refused(session, Login(id=id, name="anna", password="x" * (MAX_PASSWORD + 1)))
        assert (refusal.code.name, refusal.at) == ("bad-password", "/login/password")
    assert login(session, "7", name="ben", password="x" * MAX_PASSWORD, register=True) == Enter("7", registered=True)


def test_the_last_of_the_wrong_passwords_ends_it(open_session: OpenSession, accounts: Book) -> None:
    accounts.register("anna", "geheim")
    session = open_session(attempts=3)
    session.greet()
    codes = [code(session, Login(id=id, name="anna", password="falsch")) for id in "123"]
    assert codes == [("wrong-password", "1"), ("wrong-password", "2"), ("too-many-attempts", "3")]


def test_whoever_comes_when_all_are_hashing_is_told_when_to_come_again(session: Session, accounts: Book) -> None:
    accounts.stop()
    refusal = refused(session, Login(id="1", name="anna", password="geheim", register=True))
    assert (refusal.code.name, refusal.re, refusal.retry) == ("busy", "1", Busy(5).retry)
    assert not session.logged_in


def test_accounts_that_cannot_be_read_are_an_answer_and_no_end(session: Session, accounts: Book) -> None:
    accounts.failure = sqlite3.OperationalError("disk I/O error")
    assert code(session, Login(id="1", name="anna")) == ("storage", "1")
    accounts.failure = None
    login(session, "2", password="geheim", register=True)
    accounts.failure = sqlite3.OperationalError("disk I/O error")
    assert code(session, Dm(id="3", to="bob", text="x")) == ("storage", "3")
