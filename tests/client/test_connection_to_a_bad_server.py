"""The library against servers that break the protocol, go away, or do nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from client import Client, Disconnected, ServerFault, connection, link, requests
from schema.framing import frame
from schema.limits import MAX_SERVER_DOCUMENT, PREFIX
from schema.messages import (
    Broadcast,
    Bye,
    Error,
    Message,
    Ok,
    Ping,
    Pm,
    Pong,
    Prompt,
    Room,
    Rooms,
    Users,
)
from tests.client.fake_server import GREETING, TIME, WELCOME, Caller, FakeServer, Said, answers, octets, says
from tests.peer import PATIENCE

BYE = Bye(code="shutdown", reconnect=True, text="The server is stopping.")
BROADCAST = Broadcast(seq=1, room="lobby", sender="bob", time=TIME, text="hi")
SECOND = replace(BROADCAST, seq=2)
DEEP = b'<ok xmlns="urn:xmlchat:1" re="1"><ext>' + b'<a xmlns="urn:a">' * 20 + b"</a>" * 20 + b"</ext></ok>"

#: What is said after the greeting and the welcome, and the code of what is wrong with it.
FAULTS: dict[str, tuple[Said, str]] = {
    "not well-formed": (frame(b'<ok xmlns="urn:xmlchat:1"'), "not-well-formed"),
    "not UTF-8": (frame(b"<\xff/>"), "not-utf8"),
    "empty": (frame(b""), "not-well-formed"),
    "document type": (frame(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "doctype"),
    "too deep": (frame(DEEP), "too-deep"),
    "invalid": (frame(b'<ok xmlns="urn:xmlchat:1" re="1" colour="red"/>'), "invalid"),
    "a hostile name": (frame(b'<bye xmlns="urn:xmlchat:1" code="\xc2\x9b2J" reconnect="true"/>'), "invalid"),
    "another namespace": (frame(b'<ok xmlns="urn:xmlchat:2" re="1"/>'), "wrong-namespace"),
    "no such document": (frame(b'<shout xmlns="urn:xmlchat:1"/>'), "unknown-element"),
    "a client's document": (Pm(id="1", text="hi"), "wrong-direction"),
    "a second greeting": (GREETING, "not-now"),
    "a second welcome": (WELCOME, "not-now"),
    "too long": ((MAX_SERVER_DOCUMENT + PREFIX + 1).to_bytes(PREFIX, "big"), "not-a-frame"),
    "too short": (b"\0\0\0\x03", "not-a-frame"),
    "HTTP": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not-a-frame"),
    "TLS": (b"\x15\x03\x01\x00\x02\x02\x46", "not-a-frame"),
}


@contextmanager
def logged_in(*said: Said) -> Iterator[Client]:
    """A client that is logged in, to a server that answers the next command with this."""
    script = answers((GREETING,), (WELCOME,), said)
    with FakeServer(script) as server, Client.connect(*server.address, retry_for=0) as chat:
        chat.login("alice", "secret")
        yield chat


@pytest.mark.parametrize(("said", "code"), FAULTS.values(), ids=FAULTS)
def test_a_fault_ends_the_events_and_the_command_that_waits(said: Said, code: str) -> None:
    with logged_in(said) as chat:
        with pytest.raises(ServerFault, match=rf"\({code}\)"):
            chat.pm("hello")
        with pytest.raises(ServerFault, match=rf"\({code}\)") as fault:
            list(chat.events())
        assert str(fault.value).isprintable()
        with pytest.raises(ServerFault):
            chat.ping()


@pytest.mark.parametrize(
    "said",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", WELCOME, BROADCAST, Pong(re="1"), Ok(re="1")],
    ids=["HTTP", "SSH", "welcome", "broadcast", "pong", "ok"],
)
def test_whoever_does_not_greet_is_no_server(said: Said) -> None:
    with FakeServer(says(said)) as server, pytest.raises(ServerFault, match="broke the protocol"):
        Client.connect(*server.address)


@pytest.mark.parametrize("said", [(), (Error(code="busy", action="wait", text="Later."),)], ids=["nothing", "error"])
def test_a_greeting_is_not_waited_for_for_ever(said: tuple[Said, ...]) -> None:
    with FakeServer(says(*said)) as server, pytest.raises(ServerFault, match="does not greet"):
        Client.connect(*server.address, timeout=0.05)


def test_a_server_that_says_goodbye_at_once() -> None:
    busy = Error(code="busy", action="wait", text="The server is full.")
    with FakeServer(says(busy, BYE, hangs_up=True)) as server, pytest.raises(Disconnected, match="stopping") as ended:
        Client.connect(*server.address)
    assert ended.value.bye == BYE


@pytest.mark.parametrize("said", [(), (octets(GREETING)[:-1],)], ids=["at once", "in the greeting"])
def test_a_server_that_hangs_up(said: tuple[Said, ...]) -> None:
    with FakeServer(says(*said, hangs_up=True)) as server, pytest.raises(Disconnected, match="gone away"):
        Client.connect(*server.address)


@pytest.mark.parametrize("cut", [1, PREFIX, 20])
def test_a_frame_that_is_cut_gives_no_event(cut: int) -> None:
    script = answers((GREETING,), (WELCOME, BROADCAST, octets(SECOND)[:cut]), hangs_up=True)
    with FakeServer(script) as server, Client.connect(*server.address, retry_for=0) as chat:
        chat.login("alice", "secret")
        events = chat.events()
        assert [next(events), next(events)] == [GREETING, BROADCAST]
        with pytest.raises(Disconnected, match="gone away"):
            next(events)


def test_every_command_without_an_answer_fails_when_the_server_goes() -> None:
    script = answers((GREETING,), (WELCOME,), (), (), (), (), (), hangs_up=True)
    with FakeServer(script) as server, Client.connect(*server.address, retry_for=0) as chat:
        chat.login("alice", "secret")
        waiting = [chat.submit(Pm(id=chat.session.next_id(), text="hi")) for _ in range(5)]
        assert all(isinstance(answer.exception(PATIENCE), Disconnected) for answer in waiting)
        with pytest.raises(Disconnected):
            chat.settle()


def test_an_answer_to_nobody_is_an_event_and_harms_nothing() -> None:
    said = (Ok(re="nobody"), Error(re="nobody", code="busy", action="wait", text="?"))
    with logged_in(*said, Ok(re="2"), BYE) as chat:
        assert isinstance(chat.pm("hello"), Ok)
        events = chat.events()
        assert [next(events) for _ in range(4)] == [GREETING, *said, BYE]


def test_an_answer_that_comes_twice_is_an_event_the_second_time() -> None:
    with logged_in(Ok(re="2"), Ok(re="2")) as chat:
        first = chat.pm("hello")
        events = chat.events()
        assert [next(events), next(events)] == [GREETING, first]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (lambda chat: chat.pm("hi"), Pong(re="2")),
        (lambda chat: chat.ping(), Ok(re="2")),
        (lambda chat: chat.users(), Ok(re="2")),
        (lambda chat: chat.rooms(), Users(re="2", room="lobby")),
        (lambda chat: chat.join("tea"), Rooms(re="2", rooms=(Room("tea", 1),))),
        (lambda chat: chat.ex(), Ok(re="2")),
    ],
)
def test_an_answer_of_the_wrong_kind_ends_the_connection(command: Callable[[Client], Any], answer: Message) -> None:
    with logged_in(answer) as chat:
        with pytest.raises(ServerFault, match=f"answered .* with {answer.element}"):
            command(chat)
        with pytest.raises(ServerFault, match=f"answered .* with {answer.element}"):
            list(chat.events())


@pytest.mark.parametrize(
    ("password", "answer"),
    [
        ("secret", Prompt(re="1", name="alice", account="known", text="Your password?")),
        (None, WELCOME),
        (None, Pong(re="1")),
    ],
)
def test_a_login_gets_the_answer_that_it_asks_for_or_it_is_a_fault(password: str | None, answer: Message) -> None:
    with FakeServer(answers((GREETING,), (answer,))) as server, Client.connect(*server.address, retry_for=0) as chat:
        login = partial(chat.login, "alice") if password is None else partial(chat.login, "alice", password)
        with pytest.raises(ServerFault, match=f"answered login with {answer.element}"):
            login()


def test_a_client_that_reads_no_events_is_ended_and_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_UNREAD", 10)
    with logged_in(*(replace(BROADCAST, seq=seq) for seq in range(1, 9)), Ok(re="2")) as chat:
        with pytest.raises(Disconnected, match="10 events have come that nobody has read"):
            chat.pm("hello")
        with pytest.raises(Disconnected, match="10 events"):
            list(chat.events())


@pytest.fixture
def silent() -> Iterator[Client]:
    """A client that is logged in and has as many commands without an answer as it may."""
    with logged_in() as chat:
        for _ in range(requests.MAX_UNANSWERED):
            chat.submit(Ping(id=chat.session.next_id()))
        chat.timeout = 0.05
        yield chat


def test_a_server_that_answers_nothing_is_waited_for_no_longer_than_said(silent: Client) -> None:
    with pytest.raises(TimeoutError):
        silent.pm("hello")
    assert not silent.settle(0.05)


def test_leaving_a_server_that_answers_nothing(silent: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_LINGER", 0.05)
    silent.leave()
    with pytest.raises(Disconnected, match="closed here"):
        silent.settle()


def test_a_server_that_reads_nothing_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing does not wait for what the sending thread cannot get rid of."""
    monkeypatch.setattr(link, "_LINGER", 0.05)
    gone = threading.Event()

    def script(caller: Caller) -> None:
        caller.say(GREETING)
        caller.hear()
        caller.say(WELCOME)
        gone.wait(PATIENCE)

    with FakeServer(script) as server:
        with Client.connect(*server.address, retry_for=0) as chat:
            chat.login("alice", "secret")
            for _ in range(200):
                chat.submit(Pm(id=chat.session.next_id(), text="x" * 16_000))
        gone.set()


def test_a_ping_is_answered_before_the_login_and_after() -> None:
    heard: list[Message] = []

    def script(caller: Caller) -> None:
        for said in ((GREETING, Ping(id="17")), (WELCOME, Ping(id="18")), (BYE,)):
            caller.say(*said)
            heard.append(caller.hear())

    # The bye may be there before the greeting was looked for.
    with FakeServer(script) as server, pytest.raises(Disconnected), Client.connect(*server.address) as chat:
        list(chat.events())
    assert heard == [Pong(re="17"), Pong(re="18")]
