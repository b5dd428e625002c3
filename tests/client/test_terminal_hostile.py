"""A server and people who want to take over the terminal: nothing but our own sequences reaches it, in any mode."""

from __future__ import annotations

import re

import pytest

from client.safe import MAX_MARKS
from schema.framing import frame
from schema.messages import Blocks, Broadcast, Bye, Direct, Error, Ex, List, Message, Notice, Prompt
from tests.client.conftest import Open
from tests.client.fake_server import GREETING, TIME, Caller, FakeServer, let_in
from tests.client.terminals import Terminal
from tests.client.test_safe import STEERING, most_marks

#: What XML can carry: ESC and the other C0 controls cannot come in a document that is well-formed.
HOSTILE = (
    "\x9b2J\x9b1;1Hgone",
    "\x9d0;owned\x9c",
    "\x90+q544e\x9c\x9e\x9f",
    "\x85[09:00] eve: forged\x7f\x7f\x7f",
    "\x84\x88\x8d\x9a\x9bc\x9b6n\x9b21t",
    "\u202eright to left\u2066\u2067\u061c\u200f",
    "zero\u200bwidth\ufeff\u2060\u00ad\U000e0041\u3164",
    "\u2028\u2029",
    "za" + "\u0310\u0489\u0353" * 40 + "lgo",
    "\ufff9\ufffa\ufffb\ufdd0",
)

#: What prompt_toolkit says to a terminal, and nothing of it titles, asks or answers: colours, places, erasing, modes.
OWN = re.compile("\x1b\\[(?:\\?[0-9;]+[hl]|[0-9;]*[A-DGHJKm])")
#: The full screen also rings the bell, and goes back by one. XML cannot carry either of them.
OWN_ON_SCREEN = re.compile(f"{OWN.pattern}|[\a\b]")


def evil(text: str) -> list[Message]:
    """The documents of a server that has a text, and one from somebody in it."""
    return [
        Broadcast(seq=1, room="lobby", sender="eve", time=TIME, text=text),
        Direct(seq=2, sender="eve", to="alice", time=TIME, text=text),
        Notice(code="another-session", time=TIME, text=text),
        Error(code="empty-text", action="modify", text=text),
    ]


def take_over(caller: Caller) -> None:
    """Says everything hostile, and a goodbye when it is asked for one."""
    said = [message for text in HOSTILE for message in evil(text)]
    let_in(caller, *said, Broadcast(seq=3, room="lobby", sender="eve", time=TIME, text="at last"))
    while not isinstance(asked := caller.hear(), Ex):
        if isinstance(asked, List):
            caller.say(Blocks(re=asked.id))
    caller.say(Bye(re=asked.id, code="logout", reconnect=False, text=f"Bye.{HOSTILE[0]}"))


def assert_harmless(terminal: Terminal, own: re.Pattern[str] = OWN) -> None:
    text = terminal.raw.decode()
    left = own.sub("", text).replace("\r", "").replace("\n", "")
    assert not STEERING.search(left), ascii(STEERING.findall(left))
    assert most_marks(left) <= MAX_MARKS
    assert terminal.title == ""


def look_at_everything(alice: Terminal) -> None:
    """The private conversation, with what is unread first, and the whole of each."""
    alice.press("\x0e")
    alice.until(lambda screen: "· eve ·" in screen)
    for _ in range(2):
        for keys in ("\x1b[1;5F", *["\x1b[5~"] * 4):
            alice.press(keys)
        alice.enter("/next")
        alice.press("\x10")
        alice.until(lambda screen: "· #lobby ·" in screen)


@pytest.mark.parametrize("form", ["screen", "--plain", "--jsonl", "--xml"])
def test_nothing_that_others_say_steers_the_terminal(open_terminal: Open, form: str) -> None:
    with FakeServer(take_over) as server:
        alice = open_terminal(server.address, *([] if form == "screen" else [form]), password="secret")
        alice.shows(".*at last.*")
        if form == "screen":
            look_at_everything(alice)
        alice.enter("/ex")
        assert alice.end() == 0
    assert_harmless(alice, OWN_ON_SCREEN if form == "screen" else OWN)
    assert "\\x9b2J" in alice.raw.decode() or form in ("--jsonl", "--xml")


def test_a_harmless_text_would_not_pass_for_harmless(open_terminal: Open) -> None:
    """The check itself can fail."""
    with FakeServer(take_over) as server:
        alice = open_terminal(server.address, "--plain", password="secret")
        alice.shows(".*at last.*")
        alice.enter("/ex")
        alice.end()
    assert_harmless(alice)
    for hostile in (*HOSTILE, "\x1b]0;owned\x07", "\x1b[6n", "\b"):
        alice.raw += hostile.encode()
        with pytest.raises(AssertionError):
            assert_harmless(alice)
        del alice.raw[-len(hostile.encode()) :]


@pytest.mark.parametrize("hostile", HOSTILE[:3])
def test_a_server_cannot_steer_it_before_the_login(open_terminal: Open, hostile: str) -> None:
    def ask(caller: Caller) -> None:
        caller.say(GREETING)
        caller.hear()
        caller.say(Prompt(re="1", name="alice", account="new", text=f"Choose.{hostile}"))
        caller.hear()
        caller.say(Error(re="2", code="busy", action="wait", text=f"No.{hostile}"))
        caller.until_gone()

    with FakeServer(ask) as server:
        alice = open_terminal(server.address)
        alice.shows("Choose a password:")
        alice.enter("secret")
        alice.shows("The same again:")
        alice.enter("secret")
        assert alice.end() == 77
    assert_harmless(alice)


@pytest.mark.parametrize(
    "document",
    [
        b"\x1b[2J\x1b]0;owned\x07",
        b"<greeting \x1b[2J>",
        '<gre\u202eeting xmlns="urn:xmlchat:1"/>'.encode(),
        '<x\xb7 xmlns="urn:\x9b2J"/>'.encode(),
        '<greeting xmlns="urn:xmlchat:1" server="\x9b2J\u202e" time="\x9b2J\u202e"/>'.encode(),
    ],
)
def test_what_breaks_the_protocol_steers_nothing_when_it_is_reported(open_terminal: Open, document: bytes) -> None:
    with FakeServer(lambda caller: caller.say(frame(document))) as server:
        alice = open_terminal(server.address, password="secret")
        assert alice.end() == 76
    assert_harmless(alice)


def test_neither_do_words_that_are_not_of_the_protocol(open_terminal: Open) -> None:
    with FakeServer(lambda caller: caller.socket.sendall(b"\x1b]0;owned\x07HTTP/1.1 400\r\n\x1b[2J")) as server:
        alice = open_terminal(server.address, password="secret")
        assert alice.end() == 76
    assert_harmless(alice)
