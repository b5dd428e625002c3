from __future__ import annotations

import io
import json

import pytest

from client import Client
from client.one_liners import run_one_liners
from client.output import Form, Output
from client.show import Show
from schema.messages import Broadcast, Direct
from server.service import Service
from tests.client.conftest import Enter, Open
from tests.client.processes import talk


def test_texts_are_sent_in_order_and_nothing_is_read(service: Service, enter: Enter) -> None:
    bob = enter("bob")
    texts = ["the build is green", "/dm bob hi", "//etc", "", "one\ntwo"]
    done = talk(service.address, "--register", *(f"--exec={text}" for text in texts), typed="not this\n")
    assert (done.returncode, done.stderr) == (0, "* Connected to xmlchat 0.1.0\n")
    lines = [line.partition("] ")[2] or line for line in done.stdout.splitlines()]
    said = [line for line in lines if not line.startswith("* Here")]
    assert said[0] == "* You are alice. Here: alice, bob"
    assert said[1:] == [
        *("alice: the build is green", "you -> bob: hi", "alice: /etc", "alice: one", "alice: two", "* Goodbye.")
    ]
    bob.ex()
    heard = [event.text for event in bob.events() if isinstance(event, Broadcast | Direct)]
    assert heard == ["the build is green", "hi", "/etc", "one", "two"]


class Run:
    """Carries these texts out with a client that is logged in."""

    def __init__(self, client: Client, texts: list[str], form: Form = "plain") -> None:
        out, talk = io.StringIO(), io.StringIO()
        output = Output(form, out, talk)
        self.done = run_one_liners(client, output, texts, Show(client, output, lambda: None))
        self.out, self.talk = out.getvalue(), talk.getvalue()


def test_each_waits_for_the_answer_to_the_one_before(enter: Enter) -> None:
    run = Run(enter("alice"), [str(number) for number in range(5)], "jsonl")
    events = [json.loads(line)["type"] for line in run.out.splitlines()]
    kinds = [kind for kind in events if kind in ("ok", "broadcast")]
    # Before a message was answered, none that came after it was sent.
    assert all(abs(kinds[:n].count("ok") - kinds[:n].count("broadcast")) <= 1 for n in range(len(kinds)))
    assert kinds.count("ok") == 5
    assert run.done


@pytest.mark.parametrize(
    ("texts", "done", "told"),
    [
        (["/users"], True, ""),
        (["/ex", "never"], True, ""),
        (["/dm nobody hi", "still said"], False, "! There is no user nobody"),
        (["/nonsense", "still said"], False, "! Not sent: There is no command /nonsense"),
        (["/query bob"], False, "! Not sent: /query is for the full screen"),
        (["/password"], False, "! Not sent: To change your password, run the client in a terminal"),
        (["a\x01b"], False, "! Not sent: XML cannot carry"),
    ],
)
def test_what_was_not_done_is_said(enter: Enter, texts: list[str], done: bool, told: str) -> None:
    run = Run(enter("alice"), texts)
    assert run.done == done
    assert told in run.talk
    assert ("alice: still said" in run.out) == ("still said" in texts)
    assert "never" not in run.out


@pytest.mark.heavy
def test_it_is_told_by_the_status(service: Service) -> None:
    assert talk(service.address, "--register", "--exec", "/dm nobody hi").returncode == 1
    assert talk(("127.0.0.1", 1), "--exec", "hi").returncode == 69


@pytest.mark.heavy
def test_in_a_terminal_it_opens_no_screen(service: Service, open_terminal: Open) -> None:
    alice = open_terminal(service.address, "--register", "--exec", "hello", password="secret")
    assert alice.end() == 0
    assert "alice: hello" in alice.text
    assert b"\x1b[?1049h" not in alice.raw
