"""The library on its way back to servers that let it in, refuse it, or keep it waiting."""

from __future__ import annotations

import threading
from dataclasses import replace
from time import monotonic

import pytest

from client import Client, Disconnected, Refused, ServerFault
from client.events import LinkDown, LinkUp
from schema.errors import ChatError
from schema.messages import Broadcast, Bye, Error, Login, Message, Ok, Passwd, Pm, Resumed
from tests.client.fake_server import (
    GREETING,
    LETS_IN,
    TIME,
    WELCOME,
    Caller,
    FakeServer,
    Said,
    answers,
    chat_with,
    let_in,
    says,
)
from tests.peer import PATIENCE

pytestmark = pytest.mark.usefixtures("at_once")

#: Seconds in which what should not wait must be over.
SOON = 5.0

SHUTDOWN = Bye(code="shutdown", reconnect=True, text="The server is stopping.")
BANNED = Bye(code="banned", reconnect=False, text="Go away.")
WRONG = Error(code="wrong-password", action="auth", text="alice is registered with another password.")
TOO_MANY = Error(code="too-many-connections", action="wait", retry=1, text="The server is full.")


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


@pytest.mark.parametrize("code", ["password-changed", "account-disabled", "banned"])
def test_what_the_server_says_for_good_is_not_tried_again(code: str) -> None:
    again = threading.Event()
    bye = Bye(code=code, reconnect=False, text="No more.")
    with chat_with(answers((GREETING,), (WELCOME, bye)), lambda _: again.set()) as chat:
        with pytest.raises(Disconnected, match="No more") as ended:
            list(chat.events())
        assert ended.value.final
    assert not again.is_set()


def test_whoever_is_throttled_on_the_way_back_comes_after_the_time_that_was_said() -> None:
    times: list[float] = []

    def throttles(caller: Caller) -> None:
        caller.say(GREETING)
        login = caller.hear_a(Login)
        times.append(monotonic())
        caller.say(Error(re=login.id, code="throttled", action="wait", retry=1, text="Later."))
        caller.until_gone()

    def serves(caller: Caller) -> None:
        let_in(caller)
        times.append(monotonic())
        caller.until_gone()

    with chat_with(LETS_IN, throttles, serves) as chat:
        until(chat, LinkUp)
    assert times[1] - times[0] >= 1


def test_the_new_password_is_the_one_to_come_back_with() -> None:
    passwords: list[str | None] = []

    def changes(caller: Caller) -> None:
        let_in(caller)
        caller.say(Ok(re=caller.hear_a(Passwd).id))

    def serves(caller: Caller) -> None:
        passwords.append(let_in(caller).password)
        caller.until_gone()

    with chat_with(changes, serves) as chat:
        chat.change_password("secret", "next secret")
        until(chat, LinkUp)
    assert passwords == ["next secret"]


def test_a_password_that_stayed_is_the_one_to_come_back_with() -> None:
    passwords: list[str | None] = []

    def refuses(caller: Caller) -> None:
        let_in(caller)
        caller.say(replace(WRONG, re=caller.hear_a(Passwd).id))

    def serves(caller: Caller) -> None:
        passwords.append(let_in(caller).password)
        caller.until_gone()

    with chat_with(refuses, serves) as chat:
        with pytest.raises(Refused):
            chat.change_password("wrong", "next secret")
        until(chat, LinkUp)
    assert passwords == ["secret"]


def test_a_password_whose_change_was_not_answered_is_tried_both_ways() -> None:
    """It was changed, and the connection broke before the answer."""
    heard: list[object] = []

    def breaks(caller: Caller) -> None:
        let_in(caller)
        caller.hear_a(Passwd)

    def serves(caller: Caller) -> None:
        caller.say(GREETING)
        first = caller.hear_a(Login)
        caller.say(replace(WRONG, re=first.id))
        second = caller.hear_a(Login)
        caller.say(replace(WELCOME, re=second.id))
        again = caller.hear_a(Passwd)
        heard.extend((first.password, second.password, again.old, again.new))
        caller.say(Ok(re=again.id))
        caller.until_gone()

    with chat_with(breaks, serves) as chat:
        chat.change_password("secret", "next secret")
        assert chat.connected
    assert heard == ["secret", "next secret", "next secret", "next secret"]


def test_a_third_password_is_not_made_up() -> None:
    def breaks(caller: Caller) -> None:
        let_in(caller)
        caller.hear_a(Passwd)

    def refuses(caller: Caller) -> None:
        caller.say(GREETING)
        for _ in range(2):
            caller.say(replace(WRONG, re=caller.hear_a(Login).id))
        caller.until_gone()

    with chat_with(breaks, refuses) as chat, pytest.raises(Refused, match="another password"):
        chat.change_password("secret", "next secret")


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
