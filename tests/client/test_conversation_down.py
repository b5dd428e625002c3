"""The library while its server is gone or says nothing: it notices, and can be closed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import repeat
from time import monotonic

import pytest

from client import Client, Disconnected, conversation, requests
from client.events import LinkDown, LinkUp
from schema.messages import Broadcast, Bye, Command, Login, Message, Ok, Ping, Pm, Pong
from tests.client.fake_server import (
    GREETING,
    LETS_IN,
    TIME,
    WELCOME,
    Caller,
    Said,
    answers,
    chat_with,
    greeting,
    let_in,
    says,
)
from tests.peer import PATIENCE

pytestmark = pytest.mark.usefixtures("at_once")

#: Seconds in which what should not wait must be over.
SOON = 5.0

SHUTDOWN = Bye(code="shutdown", reconnect=True, text="The server is stopping.")


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
    monkeypatch.setattr(conversation, "_ATTEMPT", 0.1)

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
    monkeypatch.setattr(requests, "MAX_UNREAD", 10)
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


def test_nobody_waits_for_the_next_attempt_who_does_not_want_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody who closes meanwhile."""
    monkeypatch.setattr(conversation, "delays", lambda chance: repeat(3600.0))
    with chat_with(LETS_IN, LETS_IN, LETS_IN) as chat:
        until(chat, LinkDown)
        chat.hurry()
        until(chat, LinkUp)
        until(chat, LinkDown)
