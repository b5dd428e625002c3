from __future__ import annotations

import io
import json
import threading

import pytest

from client import Client, Disconnected
from client.output import Output
from client.show import Show
from schema.messages import Bye
from tests.client.conftest import Enter
from tests.client.fake_server import GREETING, WELCOME, FakeServer, answers
from tests.peer import PATIENCE


class Shown:
    """A client whose events are shown; `elements` is what was, `ended` whether the end was told."""

    def __init__(self, client: Client, out: io.StringIO | None = None) -> None:
        self.ended = threading.Event()
        self._out = out or io.StringIO()
        self.show = Show(client, Output("jsonl", self._out, io.StringIO()), self.ended.set)

    @property
    def elements(self) -> list[str]:
        shown = [json.loads(line)["type"] for line in self._out.getvalue().splitlines()]
        # How many lists of users come is the server's affair.
        return [element for element in shown if element != "users"]


class Broken(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_all_that_comes_is_shown_until_the_end(enter: Enter) -> None:
    alice = enter("alice")
    shown = Shown(alice)
    with shown.show:
        alice.pm("one")
        alice.dm(enter("bob").session.name or "", "two")
        alice.ex()
    assert sorted(shown.elements) == ["broadcast", "bye", "direct", "greeting", "ok", "ok", "welcome"]
    assert shown.ended.is_set()


def test_what_had_come_before_is_shown_too(enter: Enter) -> None:
    alice = enter("alice")
    alice.pm("one")
    alice.ex()
    shown = Shown(alice)
    with shown.show:
        assert shown.ended.wait(PATIENCE)
    assert shown.elements[:2] == ["greeting", "welcome"]
    assert shown.elements[-1] == "bye"


def test_the_end_is_told_when_the_server_goes() -> None:
    bye = Bye(code="shutdown", reconnect=True, text="The server is stopping.")
    script = answers((GREETING,), (WELCOME, bye))
    with FakeServer(script) as server, Client.connect(*server.address, retry_for=0) as chat:
        shown = Shown(chat)
        with shown.show:
            chat.login("alice", "secret")
            assert shown.ended.wait(PATIENCE)
            with pytest.raises(Disconnected, match="stopping"):
                chat.ping()
    assert shown.elements == ["greeting", "welcome", "bye"]


def test_the_end_is_told_and_the_reason_raised_where_nothing_can_be_written(enter: Enter) -> None:
    shown = Shown(enter("alice"), Broken())
    with pytest.raises(BrokenPipeError), shown.show:
        assert shown.ended.wait(PATIENCE)
    assert shown.elements == []


def test_an_error_of_the_other_thread_leaves_the_chat(enter: Enter) -> None:
    alice = enter("alice")
    shown = Shown(alice)
    with pytest.raises(KeyboardInterrupt), shown.show:
        raise KeyboardInterrupt
    assert alice.session.bye is not None
    assert alice.session.bye.code == "logout"
    assert shown.elements[-1] == "bye"
