"""The full screen as a person meets it: a real terminal, a real server, and what stands on the screen."""

from __future__ import annotations

import re

import pytest

from client import Client
from schema.messages import Pm
from server.service import Service
from tests.client.conftest import Enter, Open
from tests.client.screen.conftest import hears, said
from tests.client.terminals import Terminal

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


def pasted(text: str) -> str:
    """What a terminal sends for a paste."""
    return f"\x1b[200~{text}\x1b[201~"


@pytest.mark.heavy
def test_a_paste_is_one_message_and_a_long_one_is_asked_about(alice: Terminal, enter: Enter) -> None:
    bob = enter("bob")
    alice.press(pasted("one\rtwo\u202e"))
    alice.until(lambda screen: "> one" in screen and "\ntwo\\u202e" in screen)
    alice.press("\r")
    hears(bob, "one\ntwo\u202e")
    many = "\n".join(f"line {number}" for number in range(37))
    alice.press("look: " + pasted(many))
    alice.until(lambda screen: "Paste 37 lines to #lobby as one message? Enter sends, Esc drops, E edits." in screen)
    # Nothing else is typed meanwhile, and what was typed stays.
    alice.press("x\x1b")
    alice.until(lambda screen: "Paste 37" not in screen and screen.endswith("> look:"))
    alice.press(pasted(many))
    alice.until(lambda screen: "Paste 37" in screen)
    alice.press("e")
    alice.until(lambda screen: "line 36" in screen and "Paste 37" not in screen)
    alice.press("\x03" + pasted(many))
    alice.until(lambda screen: "Paste 37" in screen)
    alice.press("\r")
    hears(bob, many)
    alice.press(pasted("x" * 5000))
    alice.until(lambda screen: "Pasted 5,000 characters: too long, 5,000 of at most 4,096" in screen)
    alice.press("\r\x03")
    alice.until(lambda screen: "Pasted" not in screen and screen.endswith("\n>"))
    assert [one.text for one in bob.history()] == ["one\ntwo\u202e", many]


@pytest.mark.heavy
def test_conversations_by_their_place_with_a_line_of_their_own(alice: Terminal, enter: Enter) -> None:
    enter("bob")
    alice.press("to all")
    alice.press("\x15/msg bob\rto bob")
    alice.until(lambda screen: "· bob · is here ·" in screen and screen.endswith("> to bob"))
    alice.press("\x1b1")
    alice.until(lambda screen: "· #lobby ·" in screen and screen.endswith("\n>"))
    alice.enter("/win 2")
    alice.until(lambda screen: "· bob · is here ·" in screen and screen.endswith("> to bob"))
    alice.press("\x15/win\r")
    alice.until(lambda screen: "The conversations: 1 #lobby, 2 bob." in said(screen))
