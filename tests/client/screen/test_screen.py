"""The full screen as a person meets it: a real terminal, a real server, and what stands on the screen."""

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
from tests.client.screen.conftest import hears, said
from tests.client.terminals import Terminal
from tests.conftest import ServerProcess

PAGE_UP, PAGE_DOWN, SHIFT_UP = "\x1b[5~", "\x1b[6~", "\x1b[1;2A"


def test_a_newcomer_finds_everything(service: Service, alice: Terminal) -> None:
    alice.until(lambda screen: "/quit           leave; Ctrl-D too" in screen)
    for wanted in ("You are alice at 127.0.0.1, and connected.", "press Enter", "/help", "/users", "/dm NAME", "PgUp"):
        assert wanted in alice.text
    alice.enter("hello everyone")
    alice.until(lambda screen: "alice: hello everyone" in screen and "(sending)" not in screen)
    # What was only for a newcomer is gone.
    alice.until(lambda screen: "press Enter" not in screen and "· /quit" not in screen)
    alice.enter("/quit")
    assert alice.end() == 0


@pytest.mark.heavy
def test_a_private_message_is_counted_and_read_where_it_begins(alice: Terminal, enter: Enter) -> None:
    bob = enter("bob")
    bob.dm("alice", "one")
    bob.dm("alice", "two")
    alice.until(lambda screen: "\nbob           2 │" in screen)
    assert b"\a" in alice.raw
    alice.enter("/next")
    alice.until(lambda screen: "alice@127.0.0.1 · bob · is here · connected" in screen)
    alice.until(
        lambda screen: re.search(r"─ unread ─+ ..:.. bob: one ..:.. bob: two$", said(screen.split("\nalice@")[0]))
    )
    alice.until(lambda screen: "bob           2 │" not in screen)
    alice.enter("yes?")
    alice.until(lambda screen: "alice: yes?" in screen and "─ unread ─" not in screen)
    hears(bob, "yes?")
    alice.press("\x10")
    alice.until(lambda screen: "#lobby · 2 people" in screen and "yes?" not in screen)


@pytest.mark.heavy
def test_older_messages_come_as_one_scrolls_up(service: Service, enter: Enter, open_terminal: Open) -> None:
    bob = enter("bob")
    for number in range(250):
        bob.submit(pm(bob, f"number {number}."))
    bob.settle()
    alice = open_terminal(service.address, "--register", password="secret")
    alice.until(lambda screen: "number 249." in screen)
    while "number 0." not in (before := alice.text):
        alice.press(PAGE_UP)
        alice.until(lambda screen, before=before: screen != before)  # type: ignore[misc]
    bob.pm("below")
    # Said at the left, as the end of the lobby is not on the screen.
    alice.until(lambda screen: "#lobby        1 │" in screen)
    assert "below" not in alice.text
    alice.press("\x1b[1;5F")
    alice.until(lambda screen: "bob: below" in screen and "#lobby        1 │" not in screen)
    alice.press(SHIFT_UP)
    alice.until(lambda screen: "bob: below" not in screen)


@pytest.mark.heavy
def test_a_search_goes_on_at_the_server(service: Service, enter: Enter, open_terminal: Open) -> None:
    bob = enter("bob")
    for number in range(350):
        bob.submit(pm(bob, f"number {number}."))
    bob.settle()
    alice = open_terminal(service.address, "--register", password="secret")
    alice.until(lambda screen: "number 349." in screen)
    alice.enter("/search number 7.")
    alice.until(lambda screen: "bob: number 7." in screen and "number 349." not in screen)
    alice.enter("/search never said")
    alice.until(lambda screen: "Nothing with “never said” in what was said here." in said(screen))


def pm(client: Client, text: str) -> Pm:
    return Pm(id=client.session.next_id(), text=text)


@pytest.mark.heavy
def test_a_mistake_is_not_sent_and_can_be_mended(alice: Terminal, enter: Enter) -> None:
    bob = enter("bob")
    alice.enter("/mgs bob hello")
    alice.until(lambda screen: "Did you mean /msg?" in said(screen) and "> /mgs bob hello" in screen)
    alice.press("\x15/me waves\r")
    hears(bob, "waves")
    assert [one.text for one in bob.history()] == ["waves"]


@pytest.mark.heavy
def test_keys_edit_the_line(alice: Terminal, enter: Enter) -> None:
    bob = enter("bob")
    alice.until(lambda screen: "2 people" in screen)
    alice.press("bo\t")
    alice.until(lambda screen: "> bob:" in screen)
    alice.press("one\x0atwo")
    alice.until(lambda screen: "> bob: one" in screen and "\ntwo" in screen)
    # The beginning and the end of the second line.
    alice.press("\x01> \x05!\r")
    hears(bob, "bob: one\n> two!")
    alice.press("\x1b[A")
    alice.until(lambda screen: "two!" in screen.split("connected")[1])


@pytest.mark.heavy
def test_a_hostile_text_is_shown_as_codes(alice: Terminal, enter: Enter) -> None:
    enter("bob").pm("\x9b2J\x9b31m\u202eevil\x7f\n[09:00] alice: I owe you")
    alice.until(lambda screen: "bob: \\x9b2J\\x9b31m\\u202eevil\\x7f" in screen)
    alice.until(lambda screen: "      [09:00] alice: I owe you" in screen)


@pytest.mark.heavy
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


@pytest.mark.heavy
@pytest.mark.parametrize("keys", ["\x03", "\x04"])
def test_who_gives_no_password_keeps_the_old_one(alice: Terminal, keys: str) -> None:
    alice.enter("/password")
    alice.until(lambda screen: screen.endswith("Your password until now:"))
    alice.press(f"abc{keys}")
    alice.until(lambda screen: "Your password stays as it was." in screen)
    alice.enter("hello")
    alice.until(lambda screen: "alice: hello" in screen)


@pytest.mark.heavy
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


@pytest.mark.heavy
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
