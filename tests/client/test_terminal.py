"""The line mode as a person at a terminal meets it: a real terminal, a real server, and what stands on the screen."""

from __future__ import annotations

import re
import signal
import threading

import pytest

from client import Client
from schema.messages import Ok, Passwd, Pm
from server.service import Service
from tests.client.conftest import Enter, Open
from tests.client.fake_server import Caller, FakeServer, let_in
from tests.client.processes import SOON
from tests.client.terminals import Terminal
from tests.conftest import ServerProcess


@pytest.fixture
def alice(service: Service, open_terminal: Open) -> Terminal:
    """Logged in, in front of the prompt."""
    terminal = open_terminal(service.address, "--plain", "--register", password="secret")
    terminal.shows("alice>")
    return terminal


def test_a_first_visit(server_process: ServerProcess, open_terminal: Open) -> None:
    """With the real server, as a process of its own."""
    alice = open_terminal(server_process.address, "--plain")
    alice.shows("alice is a new name: choose a password.*")
    alice.shows("Choose a password:")
    alice.enter("secret")
    alice.shows("The same again:")
    alice.enter("secret")
    alice.shows(r"\* You are alice\. Here: alice")
    alice.shows("alice>")
    assert not any("secret" in line for line in alice.lines)
    alice.enter("hello everyone")
    alice.shows(r"\[\d\d:\d\d\] alice: hello everyone")
    alice.enter("/ex")
    assert alice.end() == 0
    assert "secret" not in "".join(alice.lines)


def test_what_is_typed_appears_once_and_above_the_prompt(alice: Terminal) -> None:
    alice.enter("hello")
    alice.shows(r"\[..:..\] alice: hello")
    alice.enter("again")
    alice.shows(r"\[..:..\] alice: again")
    alice.shows("alice>")
    assert [line[8:] for line in alice.lines if "hello" in line or "again" in line] == ["alice: hello", "alice: again"]
    alice.ends_with("alice>")


def test_what_comes_does_not_tear_the_line_that_is_being_typed(alice: Terminal, enter: Enter) -> None:
    bob = enter("bob")
    alice.press("half a li")
    alice.shows("alice> half a li")
    bob.pm("in between")
    alice.shows(r"\[..:..\] bob: in between")
    alice.shows("alice> half a li")
    alice.ends_with("alice> half a li")
    alice.enter("ne")
    alice.shows(r"\[..:..\] alice: half a line")
    assert texts(bob) == ["in between", "half a line"]


def test_keys_pressed_while_much_comes_are_shown_in_the_prompt_only(alice: Terminal, enter: Enter) -> None:
    bob = enter("bob")
    keys = "abcdefghijklmnopqrstuvwxyz" * 2
    for key in keys:
        answers = [bob.submit(Pm(id=bob.session.next_id(), text="so it goes")) for _ in range(10)]
        alice.press(key)
        answers[-1].result(SOON)
    bob.pm("at last")
    alice.shows(r"\[..:..\] bob: at last")
    alice.ends_with(f"alice> {keys}")
    assert [line for line in alice.lines[:-2] if not re.fullmatch(r"\[..:..\] bob: so it goes", line)] == []


def texts(client: Client) -> list[str]:
    """All public messages that a client has got, at its end."""
    client.ping()
    client.ex()
    return [getattr(event, "text", "") for event in client.events() if event.element == "broadcast"]


def test_a_hostile_text_is_shown_as_codes(alice: Terminal, enter: Enter) -> None:
    enter("bob").pm("\x9b2J\x9b31m\u202eevil\x7f\n[09:00] alice: I owe you")
    alice.shows(r"\[..:..\] bob: \\x9b2J\\x9b31m\\u202eevil\\x7f")
    alice.shows(r"    \| \[09:00\] alice: I owe you")


def test_the_prompt_names_the_room(alice: Terminal) -> None:
    alice.enter("/join tea")
    alice.shows("alice #tea>")
    alice.enter("/help")
    alice.shows(".* a public message that begins with /")
    alice.enter("/nonsense")
    alice.shows("! Not sent: There is no command /nonsense.*")
    alice.enter("/part")
    alice.shows("alice>")


@pytest.mark.parametrize(
    ("keys", "status"), [("/ex\r", 0), ("/quit\r", 0), ("\x04", 0), ("\x03", 130), ("half a line\x03", 130)]
)
def test_ways_to_leave(alice: Terminal, keys: str, status: int) -> None:
    alice.press(keys)
    assert alice.end() == status
    assert alice.is_sane()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_the_terminal_as_it_was(alice: Terminal, number: signal.Signals, status: int) -> None:
    alice.child.kill(number)
    assert alice.end() == status
    assert alice.is_sane()


def test_a_server_that_is_killed_is_told_and_ends_it_with_69(
    server_process: ServerProcess, open_terminal: Open
) -> None:
    alice = open_terminal(server_process.address, "--plain", "--register", "--retry-for", "0", password="secret")
    alice.shows("alice>")
    alice.press("half a line")
    alice.shows("alice> half a line")
    server_process.stop(signal.SIGKILL)
    assert alice.end() == 69
    assert "xmlchat: The server has gone away." in alice.lines
    assert alice.is_sane()


def test_a_wrong_password_is_asked_for_again_and_three_end_it(
    service: Service, enter: Enter, open_terminal: Open
) -> None:
    enter("alice")
    alice = open_terminal(service.address)
    for _ in range(3):
        # Not by the screen, where the question before it still stands.
        alice.child.expect("Password: ")
        alice.enter("wrong")
    assert alice.end() == 77
    assert sum("another password" in line for line in alice.lines) == 3
    assert alice.is_sane()


@pytest.mark.parametrize(("answer", "status"), [("n", 77), ("\x03", 130), ("\x04", 130)])
def test_an_unknown_name_is_not_registered_without_a_yes(
    service: Service, open_terminal: Open, answer: str, status: int
) -> None:
    alice = open_terminal(service.address, password="secret")
    alice.shows(r"Nobody is registered as alice\. Register it\? \[y/N\]")
    alice.press(answer if answer < " " else answer + "\r")
    assert alice.end() == status
    assert alice.is_sane()


def test_a_password_is_changed_without_being_shown(service: Service, alice: Terminal) -> None:
    alice.enter("/password")
    for question, answer in (
        ("Your password until now:", "secret"),
        ("Choose a password:", "next secret"),
        ("The same again:", "next secret"),
    ):
        alice.ends_with(question)
        alice.press(answer)
        alice.press("\r")
    alice.shows(r"\* Your password is changed\..*")
    alice.ends_with("alice>")
    # Neither there nor with the keys that bring back what was typed before.
    alice.press("\x1b[A")
    alice.ends_with("alice> /password")
    assert not any("secret" in line for line in alice.lines)
    with Client.connect(*service.address) as chat:
        chat.login("alice", "next secret")


def test_what_is_typed_while_a_command_is_carried_out_shows_in_the_next_line_only(open_terminal: Open) -> None:
    asked, typed_ahead = threading.Event(), threading.Event()

    def script(caller: Caller) -> None:
        let_in(caller)
        passwd = caller.hear_a(Passwd)
        asked.set()
        assert typed_ahead.wait(SOON)
        caller.say(Ok(re=passwd.id))
        caller.until_gone()

    with FakeServer(script) as server:
        alice = open_terminal(server.address, "--plain", password="secret")
        alice.shows("alice>")
        for question, answer in (("alice>", "/password"), ("Your password until now:", "secret")):
            alice.ends_with(question)
            alice.enter(answer)
        for question in ("Choose a password:", "The same again:"):
            alice.ends_with(question)
            alice.enter("next secret")
        assert asked.wait(SOON)
        alice.press("typed ahead")
        typed_ahead.set()
        alice.shows(r"\* Your password is changed\..*")
        alice.ends_with("alice> typed ahead")
        assert sum("typed ahead" in line for line in alice.lines) == 1
        alice.child.close(force=True)


@pytest.mark.parametrize("keys", ["\x03", "\x04"])
def test_who_gives_no_password_keeps_the_old_one_and_stays(alice: Terminal, keys: str) -> None:
    alice.enter("/password")
    alice.ends_with("Your password until now:")
    alice.press(keys)
    alice.shows(r"\* Your password stays as it was\.")
    alice.enter("hello")
    alice.shows(r"\[..:..\] alice: hello")


def test_an_end_while_a_password_is_asked_for_ends_the_client(
    server_process: ServerProcess, open_terminal: Open
) -> None:
    alice = open_terminal(server_process.address, "--plain", "--register", "--retry-for", "0", password="secret")
    alice.shows("alice>")
    alice.enter("/password")
    alice.ends_with("Your password until now:")
    server_process.stop(signal.SIGKILL)
    assert alice.end() == 69
    assert alice.is_sane()
