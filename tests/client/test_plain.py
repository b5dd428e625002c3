from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from client import Client, Disconnected
from client.output import Output
from client.plain import run_plain
from client.show import Show
from schema.messages import Bye
from tests.client.conftest import Enter
from tests.client.fake_server import GREETING, WELCOME, FakeServer, answers


class Run:
    """Runs these lines through a client that is logged in."""

    def __init__(self, client: Client, lines: Iterable[bytes]) -> None:
        out, talk = io.StringIO(), io.StringIO()
        output = Output("jsonl", out, talk)
        try:
            run_plain(client, output, iter(lines), Show(client, output, lambda: None))
        finally:
            self.events: list[dict[str, Any]] = [json.loads(line) for line in out.getvalue().splitlines()]
            self.talk = talk.getvalue().splitlines()

    def texts(self) -> list[str]:
        return [event["text"] for event in self.events if event["type"] in ("broadcast", "direct")]


def test_the_end_of_the_lines_is_the_end_after_every_answer(enter: Enter) -> None:
    run = Run(enter("alice"), [b"%d" % number for number in range(300)])
    assert run.texts() == [str(number) for number in range(300)]
    assert sum(event["type"] == "ok" for event in run.events) == 300
    assert (run.events[-1]["type"], run.events[-1]["code"]) == ("bye", "logout")


def test_what_comes_after_ex_is_not_read(enter: Enter) -> None:
    def lines() -> Iterator[bytes]:
        yield b"one"
        yield b"/ex"
        raise AssertionError

    assert Run(enter("alice"), lines()).texts() == ["one"]


def test_a_line_that_cannot_be_read_is_told_by_its_number_and_the_rest_goes_on(enter: Enter) -> None:
    run = Run(enter("alice"), [b"one", b"\xff\xfe", b"two", b"a\x00b", b"x" * 100_000, b"/nonsense", b"three"])
    assert run.texts() == ["one", "two", "three"]
    assert run.talk[0] == "! Line 2 is not UTF-8 and was not sent."
    assert sum(line.startswith("! Not sent: ") for line in run.talk[1:]) == 3


def test_a_refused_line_is_answered_and_the_rest_goes_on(enter: Enter) -> None:
    run = Run(enter("alice"), [b"x" * 5000, b"/dm nobody hi", b"hello"])
    assert [event["code"] for event in run.events if event["type"] == "error"] == ["text-too-long", "no-such-user"]
    assert run.texts() == ["hello"]


def test_a_server_that_goes_is_an_end_that_is_raised() -> None:
    bye = Bye(code="shutdown", reconnect=True, text="The server is stopping.")
    script = answers((GREETING,), (WELCOME,), (bye,))
    with FakeServer(script) as server, Client.connect(*server.address, retry_for=0) as chat:
        chat.login("alice", "secret")
        with pytest.raises(Disconnected, match="stopping"):
            Run(chat, [b"hello"])
