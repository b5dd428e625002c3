"""Ctrl-C and SIGTERM end the client, whatever it does and whatever the server does not."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from client.requests import MAX_UNANSWERED
from server.service import Service
from tests.client.fake_server import GREETING, WELCOME, Caller, FakeServer
from tests.client.processes import SOON, Running


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """A shell starts what runs in the background with SIGINT ignored, and what we start would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_after_an_ex(service: Service, number: signal.Signals, status: int) -> None:
    with Running(service.address) as client:
        client.welcomed()
        client.type("hello")
        assert "alice: hello" in client.output.readline()
        client.process.send_signal(number)
        assert client.end() == (status, "* Connected to xmlchat 0.1.0\n")
        assert "* Goodbye." in client.output.read()


@pytest.mark.parametrize(
    ("state", "number", "status"),
    [
        ("before the login", signal.SIGTERM, 143),
        ("after it", signal.SIGINT, 130),
        ("with lines on their way", signal.SIGTERM, 143),
    ],
)
def test_a_signal_ends_it_though_the_server_answers_nothing(state: str, number: signal.Signals, status: int) -> None:
    asked = threading.Event()

    def script(caller: Caller) -> None:
        caller.say(GREETING)
        caller.hear()
        if state != "before the login":
            caller.say(WELCOME)
            caller.hear()
        asked.set()
        caller.until_gone()

    with FakeServer(script) as server, Running(server.address) as client:
        for line in range(MAX_UNANSWERED + 1 if state == "with lines on their way" else 1):
            client.type(str(line))
        assert asked.wait(SOON)
        client.process.send_signal(number)
        assert client.end()[0] == status
