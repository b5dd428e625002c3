from __future__ import annotations

from dataclasses import replace

import pytest

from client.session import Session
from schema.errors import Refusal
from schema.messages import (
    Away,
    Back,
    Block,
    Blocks,
    Broadcast,
    Bye,
    Command,
    Error,
    Ex,
    Greeting,
    Join,
    Limit,
    List,
    Message,
    Notice,
    Ok,
    Part,
    Ping,
    Pm,
    Pong,
    Prompt,
    Unblock,
    User,
    Users,
    Welcome,
)
from schema.protocol import State

TIME = "2026-03-01T09:00:00.000Z"
GREETING = Greeting(server="xmlchat", version="1.0.0", time=TIME)
PROMPT = Prompt(re="1", name="alice", account="known", text="Your password?")
WELCOME = Welcome(re="1", name="alice", room="lobby", seq=0, place=0, users=User.named("alice", "bob"))
BROADCAST = Broadcast(seq=1, room="lobby", sender="bob", time=TIME, text="hi")
BYE = Bye(re="2", code="logout", reconnect=False, text="Goodbye.")
ERROR = Error(re="2", code="too-many-rooms", action="cancel", text="No.")


def session_after(*messages: Message) -> Session:
    session = Session()
    for message in messages:
        session.receive(message)
    return session


@pytest.mark.parametrize(
    ("messages", "state"),
    [
        ([], State.OPENED),
        ([GREETING], State.GREETED),
        ([GREETING, PROMPT], State.GREETED),
        ([GREETING, WELCOME], State.ACTIVE),
        ([GREETING, WELCOME, BROADCAST], State.ACTIVE),
        ([GREETING, WELCOME, BYE], State.CLOSED),
        ([GREETING, BYE], State.CLOSED),
        ([BYE], State.CLOSED),
    ],
)
def test_what_the_server_says_leads_from_state_to_state(messages: list[Message], state: State) -> None:
    assert session_after(*messages).state is state


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ([], WELCOME),
        ([], BROADCAST),
        ([GREETING], GREETING),
        ([GREETING], BROADCAST),
        ([GREETING, WELCOME], WELCOME),
        ([GREETING, WELCOME], PROMPT),
        ([GREETING, WELCOME, BYE], BROADCAST),
    ],
)
def test_what_the_server_may_not_say_now_is_refused_and_changes_nothing(
    before: list[Message], message: Message
) -> None:
    session = session_after(*before)
    state, name = session.state, session.name
    with pytest.raises(Refusal) as refused:
        session.receive(message)
    assert refused.value.code.name == "not-now"
    assert (session.state, session.name) == (state, name)


def test_it_keeps_what_the_server_tells() -> None:
    session = session_after(GREETING, WELCOME)
    assert (session.greeting, session.name, session.bye) == (GREETING, "alice", None)
    assert session.users == {"lobby": User.named("alice", "bob")}
    session.receive(BYE)
    assert session.bye == BYE


def test_each_list_of_users_replaces_the_one_of_its_room() -> None:
    session = session_after(
        GREETING, WELCOME, Users(room="tea", users=User.named("alice")), Users(room="lobby", users=User.named("bob"))
    )
    assert session.users == {"lobby": User.named("bob"), "tea": User.named("alice")}


@pytest.mark.parametrize("before", [[GREETING], [GREETING, WELCOME]])
def test_a_ping_is_answered_and_nothing_else_is(before: list[Message]) -> None:
    session = session_after(*before)
    assert session.receive(Ping(id="17")) == [Pong(re="17")]
    assert session.receive(Pong(re="17")) == []
    assert session.receive(Notice(code="news", time=TIME, text="?")) == []


def test_answers_and_messages_still_come_after_ex() -> None:
    session = session_after(GREETING, WELCOME)
    session.leave(Ex(id="2"))
    states = [session.state]
    for message in (BROADCAST, Ok(re="1"), BYE):
        assert session.receive(message) == []
        states.append(session.state)
    assert states == [State.LEAVING, State.LEAVING, State.LEAVING, State.CLOSED]


@pytest.mark.parametrize("before", [[], [BYE]])
def test_leaving_where_there_is_nothing_to_leave_changes_nothing(before: list[Message]) -> None:
    session = session_after(*before)
    state = session.state
    session.leave(Ex(id="1"))
    assert session.state is state


@pytest.mark.parametrize(("prefix", "ids"), [("", ["1", "2", "3"]), ("a1b2.", ["a1b2.1", "a1b2.2", "a1b2.3"])])
def test_ids_do_not_repeat(prefix: str, ids: list[str]) -> None:
    session = Session(prefix)
    assert [session.next_id() for _ in range(3)] == ids


def test_a_limit_is_the_one_of_the_greeting() -> None:
    session = Session()
    assert session.limit("ping", 30) == 30
    session.receive(replace(GREETING, limits=(Limit("ping", 5), Limit("rate", 0))))
    assert [session.limit(name, 30) for name in ("ping", "rate", "burst")] == [5, 0, 30]


def test_a_new_connection_begins_anew_and_what_is_known_stays() -> None:
    session = session_after(GREETING, WELCOME, BROADCAST, replace(BYE, re=None))
    session.reopen()
    assert (session.state, session.bye) == (State.OPENED, None)
    assert (session.name, session.place.since) == ("alice", 0)
    assert session.users == {"lobby": User.named("alice", "bob")}
    session.receive(GREETING)
    session.receive(WELCOME)
    assert session.state is State.ACTIVE


@pytest.mark.parametrize(
    ("answered", "rooms"),
    [
        ([], []),
        ([(Join(id="2", room="tea"), Ok(re="2"))], ["tea"]),
        ([(Join(id="2", room="tea"), ERROR)], []),
        ([(Join(id="2", room="lobby"), Ok(re="2"))], []),
        ([(Join(id="2", room="tea"), Ok(re="2")), (Join(id="3", room="cake"), Ok(re="3"))], ["tea", "cake"]),
        ([(Join(id="2", room="tea"), Ok(re="2")), (Join(id="3", room="tea"), Ok(re="3"))], ["tea"]),
        ([(Join(id="2", room="tea"), Ok(re="2")), (Part(id="3", room="tea"), Ok(re="3"))], []),
        ([(Join(id="2", room="tea"), Ok(re="2")), (Part(id="3", room="tea"), ERROR)], ["tea"]),
        ([(Part(id="2", room="tea"), Ok(re="2"))], []),
        ([(Pm(id="2", text="hi", room="tea"), Ok(re="2"))], []),
    ],
)
def test_it_keeps_the_rooms_that_were_joined(answered: list[tuple[Command, Message]], rooms: list[str]) -> None:
    session = session_after(GREETING, WELCOME)
    for command, answer in answered:
        session.answered(command, answer)
    assert list(session.rooms) == rooms


LIST = List(id="2", what="blocks")
TOLD = (LIST, Blocks(re="2", users=("eve", "mallory")))


@pytest.mark.parametrize(
    ("answered", "blocked"),
    [
        ([], set()),
        ([TOLD], {"eve", "mallory"}),
        ([TOLD, (Block(id="3", user="bob"), Ok(re="3"))], {"bob", "eve", "mallory"}),
        ([TOLD, (Block(id="3", user="bob"), ERROR)], {"eve", "mallory"}),
        ([TOLD, (Unblock(id="3", user="eve"), Ok(re="3"))], {"mallory"}),
        ([TOLD, (Unblock(id="3", user="eve"), ERROR)], {"eve", "mallory"}),
        ([TOLD, (LIST, Blocks(re="2"))], set()),
        ([TOLD, (LIST, ERROR)], {"eve", "mallory"}),
    ],
)
def test_it_keeps_who_is_blocked(answered: list[tuple[Command, Message]], blocked: set[str]) -> None:
    session = session_after(GREETING, WELCOME)
    for command, answer in answered:
        session.answered(command, answer)
    assert session.blocked == blocked


def test_it_keeps_whether_one_is_away_and_lists_go_before_what_was_said_here() -> None:
    session = session_after(GREETING, WELCOME)
    away = []
    for command, answer in ((Away(id="2"), ERROR), (Away(id="3"), Ok(re="3")), (Back(id="4"), Ok(re="4"))):
        session.answered(command, answer)
        away.append(session.away)
    # Another device of the user.
    session.receive(Users(room="lobby", users=(User("alice", away=True), User("bob"))))
    away.append(session.away)
    # What a connection begins with must not decide what is said again on it.
    session.reopen()
    session.receive(GREETING)
    session.receive(WELCOME)
    away.append(session.away)
    assert away == [False, True, False, True, True]


def test_it_keeps_ones_role() -> None:
    session = session_after(GREETING, replace(WELCOME, role="moderator"))
    assert session.role == "moderator"
    session.receive(Users(room="tea", users=User.named("alice")))
    assert session.role == "moderator"
    session.receive(Users(room="lobby", users=(User("alice", role="admin"),)))
    assert session.role == "admin"
    session.receive(Users(room="lobby", users=User.named("alice")))
    assert session.role is None
