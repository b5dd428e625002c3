"""The library on its way back to servers that refuse it, keep it waiting, or say nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import repeat
from time import monotonic

import pytest

from client import Client, Disconnected, Refused, ServerFault, connection
from client.events import LinkDown, LinkUp
from schema.errors import ChatError
from schema.messages import Broadcast, Bye, Command, Error, Login, Message, Ok, Ping, Pm, Pong, Resumed
from tests.client.fake_server import GREETING, TIME, WELCOME, Caller, FakeServer, Said, Script, answers, greeting, says
from tests.peer import PATIENCE

#: Seconds in which what should not wait must be over.
SOON = 5.0

SHUTDOWN = Bye(code="shutdown", reconnect=True, text="The server is stopping.")
BANNED = Bye(code="banned", reconnect=False, text="Go away.")
WRONG = Error(code="wrong-password", action="auth", text="alice is registered with another password.")
TOO_MANY = Error(code="too-many-connections", action="wait", retry=1, text="The server is full.")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it waits between attempts is the business of test_backoff."""
    monkeypatch.setattr(connection, "delays", lambda chance: repeat(0.01))


#: Lets a client in and hangs up.
LETS_IN: Script = answers((GREETING,), (WELCOME,), hangs_up=True)


@contextmanager
def chat_with(*scripts: Script, retry_for: float | None = None) -> Iterator[Client]:
    """A client that is logged in at a server that follows these scripts."""
    with FakeServer(*scripts) as server, Client.connect(*server.address, retry_for=retry_for) as chat:
        chat.login("alice", "secret")
        yield chat


def elements(chat: Client) -> list[str]:
    """What has come, answers too, until the conversation is lost."""
    found = []
    with suppress(Disconnected):
        for event in chat.events(answers=True):
            found.append(event.element)  # noqa: PERF401
    return found


def until(chat: Client, wanted: type[Message]) -> None:
    while not isinstance(next(chat.events()), wanted):
        pass


@pytest.mark.parametrize(
    ("said", "kind", "sentence"),
    [
        ((GREETING, WRONG), Refused, "registered with another password"),
        ((GREETING, replace(WRONG, code="version", action="cancel", text="Too old.")), Refused, "Too old."),
        ((BANNED,), Disconnected, "Go away."),
        ((GREETING, BANNED), Disconnected, "Go away."),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), ServerFault, "broke the protocol"),
        ((GREETING, GREETING), ServerFault, "broke the protocol"),
        ((GREETING, b"\0\0\0\x08<a/>"), ServerFault, "broke the protocol"),
    ],
)
def test_what_is_refused_for_good_is_not_tried_again(
    said: tuple[Said, ...], kind: type[ChatError], sentence: str
) -> None:
    again = threading.Event()

    def refuses(caller: Caller) -> None:
        caller.say(said[0])
        for one in said[1:]:
            login = caller.hear_a(Login)
            caller.say(replace(one, re=login.id) if isinstance(one, Error) else one)

    with chat_with(LETS_IN, refuses, lambda _: again.set()) as chat:
        waiting = chat.submit(Pm(id=chat.session.next_id(), text="hi"))
        with pytest.raises(kind, match=sentence):
            waiting.result(SOON)
        with pytest.raises(kind, match=sentence):
            list(chat.events())
        with pytest.raises(kind, match=sentence):
            chat.ping()
    assert not again.is_set()


def test_a_bye_that_says_not_to_come_back_is_the_end() -> None:
    with chat_with(answers((GREETING,), (WELCOME, BANNED))) as chat:
        with pytest.raises(Disconnected, match="Go away") as ended:
            list(chat.events())
        assert ended.value.final


NOT_NOW = {
    "an error with a time": ((TOO_MANY, replace(SHUTDOWN, code="too-many-connections")), 1.0),
    "an error without": ((replace(TOO_MANY, retry=None),), 0.0),
    "a bye": ((SHUTDOWN,), 0.0),
    "a greeting and a bye": ((GREETING, SHUTDOWN), 0.0),
    "nothing": ((), 0.0),
}


@pytest.mark.parametrize(("said", "pause"), NOT_NOW.values(), ids=NOT_NOW)
def test_what_is_refused_for_now_is_tried_again_after_the_time_that_was_said(
    said: tuple[Said, ...], pause: float
) -> None:
    times: list[float] = []

    def not_now(caller: Caller) -> None:
        times.append(monotonic())
        caller.say(*said)

    def serves(caller: Caller) -> None:
        times.append(monotonic())
        login = let_in(caller)
        assert login.name == "alice"
        caller.until_gone()

    with chat_with(LETS_IN, not_now, serves) as chat:
        until(chat, LinkUp)
        assert chat.connected
    assert pause <= times[1] - times[0] < pause + SOON


def let_in(caller: Caller, *said: Said) -> Login:
    caller.say(GREETING)
    login = caller.hear_a(Login)
    caller.say(replace(WELCOME, re=login.id), *said)
    return login


def test_the_second_login_says_the_same_device_and_the_place() -> None:
    logins: list[Login] = []
    said = Broadcast(seq=7, room="lobby", sender="bob", time=TIME, text="hi")

    def first(caller: Caller) -> None:
        caller.say(GREETING)
        logins.append(caller.hear_a(Login))
        caller.say(replace(WELCOME, seq=6, place=3))

    def second(caller: Caller) -> None:
        caller.say(GREETING)
        logins.append(caller.hear_a(Login))
        caller.say(replace(WELCOME, re=logins[-1].id, seq=7, place=3), said, Resumed(seq=7))

    def third(caller: Caller) -> None:
        logins.append(let_in(caller))
        caller.until_gone()

    with chat_with(first, second, third) as chat:
        until(chat, LinkUp)
        until(chat, LinkUp)
    assert len({login.client for login in logins}) == 1
    assert len({login.id for login in logins}) == 3
    assert [(login.since, login.place) for login in logins] == [(None, None), (6, 3), (7, None)]
    assert {(login.name, login.password, login.register) for login in logins} == {("alice", "secret", None)}


def test_what_waits_is_sent_in_its_order_after_the_welcome_and_before_what_is_new() -> None:
    heard: list[str] = []

    def loses(caller: Caller) -> None:
        let_in(caller)
        for _ in range(2):
            caller.hear_a(Pm)

    def serves(caller: Caller) -> None:
        let_in(caller)
        for _ in range(5):
            command = caller.hear_a(Pm)
            heard.append(f"{command.id.rpartition('.')[2]} {command.text}")
            caller.say(Ok(re=command.id))
        caller.until_gone()

    with chat_with(loses, serves) as chat:
        commands = [Pm(id=chat.session.next_id(), text=text) for text in ("a", "b")]
        waiting = [chat.submit(command) for command in commands]
        until(chat, LinkDown)
        waiting += [chat.submit(Pm(id=chat.session.next_id(), text=text)) for text in ("c", "d")]
        assert all(isinstance(answer.result(PATIENCE), Ok) for answer in waiting)
        chat.pm("e")
        assert chat.settle(PATIENCE)
    # The login has a number too; which one depends on how soon it came.
    assert [one.split()[1] for one in heard] == ["a", "b", "c", "d", "e"]
    assert [one.split()[0] for one in heard[:2]] == ["2", "3"]


@pytest.mark.parametrize("retry_for", [0.0, 0.2])
def test_nobody_is_tried_for_longer_than_was_said(retry_for: float) -> None:
    with chat_with(LETS_IN, retry_for=retry_for) as chat:
        began = monotonic()
        with pytest.raises(Disconnected, match="gone away"):
            list(chat.events())
        assert monotonic() - began < retry_for + SOON
        with pytest.raises(Disconnected, match="gone away"):
            chat.pm("hi")


def test_before_the_login_a_connection_that_breaks_is_not_made_again() -> None:
    script = says(GREETING, hangs_up=True)
    # It may have hung up before the greeting was looked for.
    with FakeServer(script) as server, pytest.raises(Disconnected), Client.connect(*server.address) as chat:
        list(chat.events())


def test_after_ex_a_connection_that_breaks_is_not_made_again() -> None:
    def hangs_up(caller: Caller) -> None:
        let_in(caller)
        caller.hear()

    with chat_with(hangs_up) as chat, pytest.raises(Disconnected, match="gone away"):
        chat.ex()


@pytest.mark.parametrize("way", ["close", "leave"])
def test_closing_while_nobody_answers(way: str) -> None:
    with chat_with(LETS_IN) as chat:
        until(chat, LinkDown)
        waiting = chat.submit(Pm(id=chat.session.next_id(), text="hi"))
        began = monotonic()
        getattr(chat, way)()
        assert monotonic() - began < SOON
        with pytest.raises(Disconnected, match="closed here"):
            waiting.result(0)


@pytest.mark.parametrize("said", [(), (GREETING,)], ids=["no greeting", "no welcome"])
def test_closing_while_a_server_that_says_nothing_is_waited_for(said: tuple[Said, ...]) -> None:
    there = threading.Event()

    def silent(caller: Caller) -> None:
        caller.say(*said)
        if said:
            caller.hear()
        there.set()
        caller.until_gone()

    with chat_with(LETS_IN, silent) as chat:
        assert there.wait(PATIENCE)
        began = monotonic()
        chat.close()
        assert monotonic() - began < SOON


def test_a_server_that_does_not_greet_one_who_comes_back_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_ATTEMPT", 0.1)

    def serves(caller: Caller) -> None:
        let_in(caller)
        caller.until_gone()

    with chat_with(LETS_IN, says(), serves) as chat:
        until(chat, LinkUp)
        assert chat.connected


def test_a_server_that_falls_silent_is_asked_after_half_its_time_and_given_up_after_the_whole() -> None:
    times: dict[str, float] = {}

    def falls_silent(caller: Caller) -> None:
        caller.say(greeting(ping=1))
        caller.hear_a(Login)
        caller.say(WELCOME)
        times["silent"] = monotonic()
        caller.hear_a(Ping)
        times["asked"] = monotonic()
        caller.until_gone()
        times["given up"] = monotonic()

    def serves(caller: Caller) -> None:
        let_in(caller)
        caller.until_gone()

    with chat_with(falls_silent, serves) as chat:
        events = chat.events()
        down = next(event for event in events if isinstance(event, LinkDown))
        assert down.reason == "The server is not heard any more."
        until(chat, LinkUp)
    assert times["asked"] - times["silent"] >= 0.4
    assert 0.9 <= times["given up"] - times["silent"] < 1 + SOON


def test_a_server_that_answers_is_not_given_up_and_its_answers_are_no_events() -> None:
    def answers_pings(caller: Caller) -> None:
        caller.say(greeting(ping=1))
        caller.hear_a(Login)
        caller.say(WELCOME)
        for _ in range(3):
            caller.say(Pong(re=caller.hear_a(Ping).id))
        caller.say(SHUTDOWN)

    with chat_with(answers_pings, retry_for=0) as chat:
        assert elements(chat) == ["greeting", "welcome", "bye"]


def test_too_much_that_nobody_reads_is_the_end_and_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_UNREAD", 10)
    again = threading.Event()
    many = [Broadcast(seq=seq, room="lobby", sender="bob", time=TIME, text="hi") for seq in range(1, 20)]
    with chat_with(answers((GREETING,), (WELCOME, *many)), lambda _: again.set()) as chat:
        with pytest.raises(Disconnected, match="nobody has read") as ended:
            chat.pm("hi")
        assert ended.value.final
    assert not again.is_set()


def test_commands_of_all_kinds_wait_and_are_answered() -> None:
    """Those too that the server does not remember."""

    def serves(caller: Caller) -> None:
        let_in(caller)
        while isinstance(command := caller.hear(), Command | Ping):
            caller.say(Pong(re=command.id) if isinstance(command, Ping) else Ok(re=command.id))

    with chat_with(LETS_IN, serves) as chat, ThreadPoolExecutor(3) as pool:
        until(chat, LinkDown)
        ping, pm, join = pool.submit(chat.ping), pool.submit(chat.pm, "hi"), pool.submit(chat.join, "tea")
        assert isinstance(ping.result(PATIENCE), Pong)
        assert isinstance(pm.result(PATIENCE), Ok)
        assert isinstance(join.result(PATIENCE), Ok)
        assert list(chat.session.rooms) == ["tea"]
