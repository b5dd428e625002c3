from __future__ import annotations

import signal
import threading

import pytest

from client import Client
from schema.messages import Ok, Passwd
from server.service import Service
from tests.client.conftest import Open
from tests.client.fake_server import Caller, FakeServer, let_in
from tests.client.processes import SOON
from tests.client.screen.conftest import said
from tests.client.terminals import Terminal
from tests.conftest import ServerProcess

pytestmark = pytest.mark.heavy


def test_a_password_is_changed_without_being_shown(service: Service, alice: Terminal) -> None:
    alice.enter("/password")
    for question, answer in (
        ("Your password until now:", "secret"),
        ("Choose a password:", "next secret"),
        ("The same again:", "next secret"),
    ):
        alice.until(lambda screen, wanted=question: screen.split("\n")[-1] == wanted)  # type: ignore[misc]
        alice.enter(answer)
    alice.until(lambda screen: "Your password is changed." in said(screen) and screen.endswith("\n>"))
    alice.press("\x1b[A")
    alice.until(lambda screen: screen.endswith("> /password"))
    assert b"secret" not in alice.raw
    with Client.connect(*service.address) as chat:
        chat.login("alice", "next secret")


@pytest.mark.parametrize("keys", ["\x03", "\x04"])
def test_who_gives_no_password_keeps_the_old_one(alice: Terminal, keys: str) -> None:
    alice.enter("/password")
    alice.until(lambda screen: screen.endswith("Your password until now:"))
    alice.press(f"abc{keys}")
    alice.until(lambda screen: "Your password stays as it was." in screen)
    alice.enter("hello")
    alice.until(lambda screen: "alice: hello" in screen)


def test_an_end_while_a_password_is_asked_for_ends_the_client(
    server_process: ServerProcess, open_terminal: Open
) -> None:
    alice = open_terminal(server_process.address, "--register", "--retry-for", "0", password="secret")
    alice.until(lambda screen: "You are alice. Here:" in screen)
    alice.enter("/password")
    alice.until(lambda screen: screen.endswith("Your password until now:"))
    server_process.stop(signal.SIGKILL)
    assert alice.end() == 69
    assert alice.is_sane()


def test_one_can_type_while_the_server_thinks(open_terminal: Open) -> None:
    asked, typed = threading.Event(), threading.Event()

    def script(caller: Caller) -> None:
        let_in(caller)
        passwd = caller.hear_a(Passwd)
        asked.set()
        assert typed.wait(SOON)
        caller.say(Ok(re=passwd.id))
        caller.until_gone()

    with FakeServer(script) as server:
        alice = open_terminal(server.address, password="secret")
        alice.until(lambda screen: "alice@" in screen)
        alice.enter("/password")
        # All at once: what is typed before a question is shown is kept for it, and is never said to everyone.
        for answer in ("secret", "next secret", "next secret"):
            alice.enter(answer)
        assert asked.wait(SOON)
        alice.press("typed ahead")
        alice.until(lambda screen: screen.endswith("> typed ahead"))
        typed.set()
        alice.until(lambda screen: "Your password is changed." in said(screen))
        alice.child.close(force=True)
