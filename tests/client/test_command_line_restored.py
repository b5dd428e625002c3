"""The client in a pipe, while its server goes and comes back."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from typing import Any

import pytest

from client import Client
from schema.codec import decode
from schema.messages import Broadcast, Bye, Error, Login, Message, Side
from server.service import Service
from tests.client.conftest import Enter
from tests.client.fake_server import GREETING, WELCOME, Caller, FakeServer, answers
from tests.client.processes import Running, talk
from tests.conftest import ServerProcess, StartServer

CONNECTED = "* Connected to xmlchat 0.1.0"
DOWN = "* The connection is down: The server has gone away. Trying to come back."
BACK = "* The connection is back."


def test_a_pipe_of_300_lines_with_the_server_killed_in_the_middle(start_server: StartServer) -> None:
    lines = [f"line {number}" for number in range(300)]
    server = start_server()
    with Running(server.address, "--jsonl") as client:
        heard: list[dict[str, Any]] = []

        def hear_until(element: str, times: int = 1) -> None:
            while sum(one["type"] == element for one in heard) < times:
                heard.append(json.loads(client.output.readline()))

        for line in lines[:150]:
            client.type(line)
        hear_until("ok", 50)
        server.stop(signal.SIGKILL)
        for line in lines[150:]:
            client.type(line)
        client.input.close()
        hear_until("link-down")
        again = start_server("--port", str(server.address[1]))
        heard += map(json.loads, client.output)
        status, said = client.end()
    assert status == 0
    assert all(line.startswith("* Not sent yet, the connection is down: line ") for line in said.splitlines())
    assert [one["text"] for one in heard if one["type"] == "broadcast"] == lines
    assert [one["type"] for one in heard].count("ok") == 300
    assert [one["type"] for one in heard if one["type"].startswith("link")] == ["link-down", "link-up"]
    assert stored(again) == lines


def stored(server: ServerProcess) -> list[str]:
    """Every message that the server has."""
    found: list[str] = []
    with Client.connect(*server.address) as bob:
        bob.login("bob", "secret", register=True)
        last = 0
        while page := bob.history(after=last, limit=100):
            found += [one.text for one in page]
            last = page[-1].seq
    return found


def test_in_plain_it_is_told_apart_from_what_is_said(start_server: StartServer) -> None:
    server = start_server()
    with Running(server.address) as client:
        client.welcomed()
        server.stop(signal.SIGKILL)
        assert client.said() == f"{CONNECTED}\n"
        assert client.said() == f"{DOWN}\n"
        client.type("hello")
        assert client.said() == "* Not sent yet, the connection is down: hello\n"
        start_server("--port", str(server.address[1]))
        assert client.said() == f"{CONNECTED}\n"
        assert client.said() == f"{BACK}\n"
        client.input.close()
        said = client.output.read()
        assert client.end() == (0, "")
    assert said.count("alice: hello\n") == 1
    assert "* Goodbye.\n" in said


def welcomes_once_more(caller: Caller) -> None:
    caller.say(GREETING)
    caller.say(answer(caller.hear_a(Login)), Bye(code="banned", reconnect=False, text="Go away."))


def answer(login: Login) -> Message:
    return replace(WELCOME, re=login.id)


@pytest.mark.parametrize("form", ["--jsonl", "--xml", "--plain"])
def test_what_each_form_says_of_a_connection_that_is_down_and_back(form: str) -> None:
    hangs_up = answers((GREETING,), (WELCOME,), hangs_up=True)
    with FakeServer(hangs_up, welcomes_once_more) as server, Running(server.address, form) as client:
        said = client.output.read()
        status, talk = client.end()
    assert status == 69
    assert talk.splitlines()[-1] == "xmlchat: Go away."
    if form == "--jsonl":
        links = [one for one in map(json.loads, said.splitlines()) if one["type"].startswith("link")]
        assert links == [{"type": "link-down", "reason": "The server has gone away."}, {"type": "link-up"}]
        assert DOWN not in talk
    else:
        assert [line for line in talk.splitlines() if "connection" in line] == [DOWN, BACK]
        assert "connection" not in said
    if form == "--xml":
        elements = [decode(line.encode(), Side.SERVER).element for line in said.splitlines()]
        assert elements == ["greeting", "welcome", "greeting", "welcome", "bye"]


@pytest.mark.parametrize("seconds", ["0", "0.1"])
def test_retry_for_says_when_to_give_up(seconds: str) -> None:
    hangs_up = answers((GREETING,), (WELCOME,), hangs_up=True)
    with FakeServer(hangs_up) as server, Running(server.address, "--retry-for", seconds) as client:
        status, said = client.end()
    assert status == 69
    assert (DOWN in said.splitlines()) == (seconds != "0")
    assert said.splitlines()[-1] == "xmlchat: The server has gone away."


def test_a_refusal_on_the_way_back_ends_it_with_77() -> None:
    hangs_up = answers((GREETING,), (WELCOME,), hangs_up=True)

    def refuses(caller: Caller) -> None:
        caller.say(GREETING)
        login = caller.hear_a(Login)
        caller.say(Error(re=login.id, code="wrong-password", action="auth", text="Another password."))

    with FakeServer(hangs_up, refuses) as server, Running(server.address) as client:
        status, said = client.end()
    assert status == 77
    assert said.splitlines()[1:] == [
        DOWN,
        "* Connected to fake 1.0",
        "! Another password.",
        "xmlchat: Another password.",
    ]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_while_nobody_answers(number: signal.Signals, status: int) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    hangs_up = answers((GREETING,), (WELCOME,), hangs_up=True)
    try:
        with FakeServer(hangs_up) as server, Running(server.address) as client:
            while client.said() != f"{DOWN}\n":
                pass
            client.type("hello")
            client.said()
            client.process.send_signal(number)
            assert client.end()[0] == status
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_device_gets_what_was_said_to_it_while_it_was_away(service: Service, enter: Enter) -> None:
    talk(service.address, "--register", "--device", "laptop")
    bob = enter("bob")
    bob.dm("alice", "one")
    bob.dm("alice", "two")
    texts = []
    for _ in range(2):
        done = talk(service.address, "--device", "laptop", "--jsonl", typed="/users\n")
        events = [json.loads(line) for line in done.stdout.splitlines()]
        texts.append([event["text"] for event in events if event["type"] == "direct"])
        assert done.returncode == 0
    assert texts == [["one", "two"], []]


@pytest.mark.parametrize(("since", "expected"), [("0", ["one", "two"]), ("1", ["two"]), ("2", [])])
def test_since_begins_after_a_message(service: Service, enter: Enter, since: str, expected: list[str]) -> None:
    bob = enter("bob")
    for text in ("one", "two"):
        bob.pm(text)
    done = talk(service.address, "--register", "--xml", "--since", since, typed="/users\n")
    documents = [decode(line.encode(), Side.SERVER) for line in done.stdout.splitlines()]
    assert [one.text for one in documents if isinstance(one, Broadcast)] == expected


def test_history_shows_what_was_said(service: Service, enter: Enter) -> None:
    bob = enter("bob")
    for text in ("one", "two", "three"):
        bob.pm(text)
    done = talk(service.address, "--register", typed="/history 2\n/history bob\n")
    shown = [line.partition("] ")[2] or line for line in done.stdout.splitlines()]
    assert shown[1:5] == ["* What was said:", "bob: two", "bob: three", "* Nothing was said yet."]
