from __future__ import annotations

import pytest

from schema.errors import Refusal
from schema.limits import MAX_TEXT
from schema.messages import (
    Bye,
    Command,
    Dm,
    Error,
    Ex,
    Join,
    List,
    Login,
    Part,
    Ping,
    Pm,
    Pong,
    Who,
)
from server.session import Ask, Reply, Session
from tests.server.fake_clock import FakeClock
from tests.server.sessions import Book, OpenSession, code, login, refused, said

COMMANDS: list[Command] = [
    Pm(id="c", text="x"),
    Dm(id="c", to="bob", text="x"),
    Who(id="c"),
    List(id="c"),
    Join(id="c", room="tea"),
    Part(id="c", room="tea"),
]


def test_the_greeting_has_the_time_and_the_limits(open_session: OpenSession, clock: FakeClock) -> None:
    clock.forward(1.5)
    greeting = open_session().greet()
    assert greeting.time == "2026-03-01T09:00:01.500Z"
    assert [(protocol.major, protocol.minor) for protocol in greeting.protocols] == [(1, 0)]
    assert {limit.name: limit.value for limit in greeting.limits}["text"] == MAX_TEXT


@pytest.mark.parametrize("registration", ["open", "invitation", "closed"])
def test_the_greeting_says_who_may_register(open_session: OpenSession, registration: str) -> None:
    assert open_session(registration=registration).greet().registration == registration


def test_before_the_greeting_nothing_is_taken(open_session: OpenSession) -> None:
    assert code(open_session(), Ping(id="1")) == ("not-now", "1")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.element)
def test_commands_need_a_login_and_then_go_to_the_journal(session: Session, accounts: Book, command: Command) -> None:
    accounts.register("bob", "geheim")
    assert code(session, command) == ("login-first", "c")
    login(session, "1", password="geheim", register=True)
    assert session.receive(command) == [Ask(command)]


def test_a_second_login_is_refused(session: Session) -> None:
    login(session, "1", password="geheim", register=True)
    assert code(session, Login(id="2", name="ben")) == ("already-logged-in", "2")
    assert session.name == "anna"


def test_a_ping_is_answered_and_a_pong_is_not(session: Session) -> None:
    assert session.receive(Ping(id="7")) == [Reply(Pong(re="7"))]
    assert session.receive(Pong(re="whatever")) == []


def test_ex_before_the_login_ends_it_at_once(session: Session) -> None:
    bye = said(session.receive(Ex(id="9")))
    assert isinstance(bye, Bye)
    assert (bye.re, bye.code, bye.reconnect) == ("9", "logout", False)
    assert code(session, Ping(id="10")) == ("not-now", "10")


def test_ex_after_the_login_is_the_journals_since_others_are_told(session: Session) -> None:
    login(session, "1", password="geheim", register=True)
    assert session.receive(Ex(id="2")) == [Ask(Ex(id="2"))]
    assert code(session, Pm(id="3", text="one more")) == ("not-now", "3")
    assert code(session, Ex(id="4")) == ("not-now", "4")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty-text"),
        (" \t\n\u3000\xa0", "empty-text"),
        ("x" * (MAX_TEXT + 1), "text-too-long"),
        ("\N{GRINNING FACE}" * (MAX_TEXT + 1), "text-too-long"),
    ],
    ids=["empty", "blank", "long", "long emoji"],
)
def test_a_text_has_to_say_something_and_not_too_much(session: Session, text: str, expected: str) -> None:
    login(session, "1", password="geheim", register=True)
    for message in (Pm(id="2", text=text), Dm(id="2", to="anna", text=text)):
        refusal = refused(session, message)
        assert (refusal.code.name, refusal.re, refusal.at) == (expected, "2", f"/{message.element}/text")


@pytest.mark.parametrize("text", ["x", "\N{GRINNING FACE}" * MAX_TEXT, "\u200b", " x "])
def test_a_text_up_to_the_limit_is_taken_as_it_is(session: Session, text: str) -> None:
    login(session, "1", password="geheim", register=True)
    assert session.receive(Pm(id="2", text=text)) == [Ask(Pm(id="2", text=text))]


@pytest.mark.parametrize(("to", "expected"), [("nobody", "no-such-user"), ("anna", "to-yourself")])
def test_a_direct_message_needs_somebody_else(session: Session, to: str, expected: str) -> None:
    login(session, "1", password="geheim", register=True)
    assert code(session, Dm(id="2", to=to, text="x")) == (expected, "2")


def test_a_refusal_is_answered_with_what_is_wrong_and_where(session: Session) -> None:
    refusal = Refusal("invalid", "No.", re="1", at="/pm/@x", line=2, column=3)
    assert session.refuse(refusal) == [
        Reply(Error(re="1", code="invalid", action="modify", text="No.", at="/pm/@x", line=2, column=3))
    ]


def test_one_refusal_too_many_gets_its_own_answer_and_then_the_end(session: Session, clock: FakeClock) -> None:
    refusal = Refusal("invalid", "No.", re="1")
    for _ in range(3):
        assert len(session.refuse(refusal)) == 1
    clock.forward(1)
    assert len(session.refuse(refusal)) == 1
    own, last, bye = (reply.message for reply in session.refuse(refusal))
    assert isinstance(own, Error)
    assert (own.code, own.re) == ("invalid", "1")
    assert isinstance(last, Error)
    assert (last.code, last.re) == ("too-many-errors", None)
    assert isinstance(bye, Bye)
    assert (bye.code, bye.re, bye.reconnect) == ("too-many-errors", None, False)


@pytest.mark.parametrize("ours", ["storage", "shutting-down", "too-fast"])
def test_what_is_not_the_clients_fault_is_not_counted(session: Session, ours: str) -> None:
    for _ in range(50):
        assert len(session.refuse(Refusal(ours, "Later."))) == 1


@pytest.mark.parametrize("told", ["throttled", "busy"])
def test_whoever_does_not_wait_as_told_is_counted(session: Session, told: str) -> None:
    for _ in range(3):
        assert len(session.refuse(Refusal(told, "Later.", retry=60))) == 1
    assert len(session.refuse(Refusal(told, "Later.", retry=60))) == 3


@pytest.mark.parametrize("fatal", ["not-a-frame", "too-many-attempts"])
def test_what_ends_the_stream_is_said_and_followed_by_a_goodbye(session: Session, fatal: str) -> None:
    error, bye = (reply.message for reply in session.refuse(Refusal(fatal, "No.")))
    assert isinstance(error, Error)
    assert isinstance(bye, Bye)
    assert error.code == bye.code == fatal
