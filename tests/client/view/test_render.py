from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.events import LinkDown, LinkUp
from client.view.render import Renderer
from schema.messages import (
    Away,
    Back,
    Ban,
    Block,
    Blocks,
    Broadcast,
    Bye,
    Command,
    Direct,
    Error,
    Greeting,
    Join,
    Kick,
    Message,
    Mute,
    Notice,
    Ok,
    Page,
    Ping,
    Pm,
    Pong,
    Resumed,
    Room,
    Rooms,
    Sanction,
    Sanctions,
    Unban,
    Unblock,
    Unmute,
    User,
    Users,
    Welcome,
)
from tests.schema.strategies import AWKWARD, MESSAGES_OF_ALL_KINDS

TIME = "2026-03-01T09:05:00.000Z"
#: One that the form allows and the calendar does not: it looks the same wherever the test runs.
NO_TIME = "2026-02-31T00:00:00.000Z"
WELCOME = Welcome(re="1", name="alice", room="lobby", seq=0, place=0, users=User.named("alice", "bob"))

#: Control characters, C1 controls and what turns the direction of writing.
STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

#: Any text, rich in what does harm.
TEXTS = st.lists(st.characters() | st.sampled_from((*AWKWARD, "\x1b]0;", "\x9b2J", "\x07", "\0"))).map("".join)


def broadcast(text: str) -> Broadcast:
    return Broadcast(seq=1, room="lobby", sender="bob", time=TIME, text=text)


@pytest.fixture
def _in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@given(TEXTS)
def test_a_shown_text_has_no_line_end_but_our_own(text: str) -> None:
    line = Renderer().line(broadcast(text))
    assert line is not None
    first, *more = line.split("\n")
    assert re.match(r"\[\d\d:\d\d\] bob: ", first)
    assert all(one.startswith("    | ") for one in more)
    assert not any(STEERING.search(one) for one in (first, *more))


@given(st.lists(MESSAGES_OF_ALL_KINDS))
def test_no_document_steers_a_terminal(messages: list[Message]) -> None:
    renderer = Renderer()
    for message in messages:
        line = renderer.line(message)
        if line is not None:
            whole = line.replace("\n    | ", "")
            # A page and a list of sanctions are the documents of many lines.
            shown = whole.split("\n") if isinstance(message, Page | Sanctions) else [whole]
            assert not any(STEERING.search(one) for one in shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hello", "hello"),
        ("Grüße, 你好, שלום, 안녕", "Grüße, 你好, שלום, 안녕"),
        ("👩\u200d👩\u200d👧 e\u0301", "👩\u200d👩\u200d👧 e\u0301"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("one\ntwo", "one\n    | two"),
        ("one\r\n[09:00] eve: two", "one\n    | [09:00] eve: two"),
        ("\roverwritten", "\\x0doverwritten"),
        ("\n\n", "\n    | \n    | "),
    ],
    ids=ascii,
)
def test_a_text_is_shown(text: str, shown: str) -> None:
    line = Renderer().line(broadcast(text))
    assert line is not None
    assert line.partition(" bob: ")[2] == shown


@pytest.mark.usefixtures("_in_new_york")
@pytest.mark.parametrize(
    ("when", "clock"),
    [
        ("2026-03-01T09:05:00.000Z", "04:05"),
        ("2026-07-01T23:59:59.999Z", "19:59"),
        ("2026-02-31T09:05:00.000Z", "--:--"),
        ("0000-01-01T00:00:00.000Z", "--:--"),
        ("0001-01-01T00:00:00.000Z", "--:--"),
        ("9999-12-31T23:59:59.999Z", "18:59"),
    ],
)
def test_a_time_is_shown_as_it_is_where_the_reader_is(when: str, clock: str) -> None:
    message = Broadcast(seq=1, room="lobby", sender="bob", time=when, text="hi")
    assert Renderer().line(message) == f"[{clock}] bob: hi"


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            Broadcast(seq=1, room="tea", sender="bob", time="2026-02-31T00:00:00.000Z", text="hi"),
            "[--:--] #tea bob: hi",
        ),
        (Direct(seq=1, sender="bob", to="alice", time=NO_TIME, text="hi"), "[--:--] bob -> you: hi"),
        (Direct(seq=1, sender="alice", to="bob", time=NO_TIME, text="hi"), "[--:--] you -> bob: hi"),
        (Rooms(re="1", rooms=(Room("lobby", 3), Room("tea", 1))), "* Rooms: lobby (3), tea (1)"),
        (Notice(code="another-session", time=TIME, text="Again?\x1b"), "* Again?\\x1b"),
        (Bye(code="shutdown", reconnect=True, text="The server is stopping."), "* The server is stopping."),
        (Error(code="empty-text", action="modify", text="The text is empty."), "! The text is empty."),
        (Greeting(server="xmlchat", version="1.0", time=TIME), "* Connected to xmlchat 1.0"),
        (Pong(re="1"), "* The server is there."),
        (Page(re="1", more=False), "* Nothing was said yet."),
        (
            Page(
                re="1",
                more=True,
                broadcasts=(
                    Broadcast(seq=1, room="lobby", sender="bob", time=NO_TIME, text="one\ntwo"),
                    Broadcast(seq=3, room="lobby", sender="alice", time=NO_TIME, text="three"),
                ),
            ),
            "* What was said:\n[--:--] bob: one\n    | two\n[--:--] alice: three",
        ),
        (
            Page(re="1", more=False, directs=(Direct(seq=1, sender="bob", to="alice", time=NO_TIME, text="hi"),)),
            "* What was said:\n[--:--] bob -> you: hi",
        ),
        (
            LinkDown(reason="The server\x1b has\ngone away."),
            "* The connection is down: The server\\x1b has\n    | gone away. Trying to come back.",
        ),
        (LinkUp(), "* The connection is back."),
        (
            Broadcast(seq=1, room="lobby", sender="bob", time=NO_TIME, text="waves\nand goes", kind="action"),
            "[--:--] * bob waves\n    | and goes",
        ),
        (
            Broadcast(seq=1, room="tea", sender="bob", time=NO_TIME, text="waves", kind="action"),
            "[--:--] #tea * bob waves",
        ),
        (
            Direct(seq=1, sender="bob", to="alice", time=NO_TIME, text="winks", kind="action"),
            "[--:--] bob -> you: * bob winks",
        ),
        (
            Broadcast(seq=1, room="lobby", sender="bob", time=NO_TIME, text="psst", kind="not-known"),
            "[--:--] bob: psst",
        ),
        (
            Notice(code="announcement", time=TIME, sender="anna", text="Tea\nis ready."),
            "* Announcement by anna: Tea\n    | is ready.",
        ),
        (Notice(code="announcement", time=TIME, text="Tea is ready."), "* Announcement: Tea is ready."),
        (Notice(code="muted", time=TIME, text="You are muted for 10 minutes."), "* You are muted for 10 minutes."),
        (Notice(code="role", time=TIME, text="You are a moderator now."), "* You are a moderator now."),
        (Blocks(re="1", users=("eve", "mallory")), "* You have blocked eve, mallory."),
        (Blocks(re="1"), "* You have blocked nobody."),
        (Sanctions(re="1"), "* Nobody is banned or muted."),
        (
            Sanctions(
                re="1",
                sanctions=(
                    Sanction(kind="ban", address="192.0.2.0/24", time=TIME, until=NO_TIME),
                    Sanction(kind="mute", user="eve", by="anna", time=TIME, text="Enough\nof it."),
                ),
            ),
            "* In force:\n  ban of 192.0.2.0/24 until --:--\n  mute of eve by anna: Enough\n    | of it.",
        ),
        (Resumed(seq=7), None),
        (Ping(id="1"), None),
        (Ok(re="1"), None),
    ],
)
def test_a_document_is_shown(message: Message, line: str | None) -> None:
    renderer = Renderer()
    assert renderer.line(WELCOME) == "* You are alice. Here: alice, bob"
    assert renderer.line(message) == line


def test_refusals_of_the_login_are_left_to_whoever_asked() -> None:
    assert Renderer().line(Error(code="wrong-password", action="auth", text="No.")) is None


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (Away(id="1"), "* You are away; /back says that you are not."),
        (Back(id="1"), "* You are back."),
        (
            Block(id="1", user="eve"),
            "* You have blocked eve: no direct messages from there, and public ones are not shown.",
        ),
        (Unblock(id="1", user="eve"), "* You hear eve again."),
        (Kick(id="1", user="eve"), "* eve was kicked."),
        (Mute(id="1", user="eve"), "* eve is muted."),
        (Unmute(id="1", user="eve"), "* eve is not muted."),
        (Ban(id="1", address="192.0.2.7"), "* 192.0.2.7 is banned."),
        (Unban(id="1", user="eve"), "* eve is not banned."),
        (Pm(id="1", text="hi"), None),
        (Join(id="1", room="tea"), None),
        (None, None),
    ],
)
def test_an_ok_says_what_was_done_where_nothing_else_does(command: Command | None, line: str | None) -> None:
    assert Renderer().line(Ok(re="1"), command) == line


def test_a_list_says_who_has_a_role_and_who_is_away() -> None:
    users = (
        User("anna", role="admin"),
        User("bob", role="moderator", away=True),
        User("carl", role="bot"),
        User("dora"),
    )
    line = Renderer().line(Users(re="7", room="lobby", users=users))
    assert line == "* Here: @anna, +bob (away), carl, dora"
    assert Renderer().line(replace(WELCOME, users=users)) == "* You are alice. Here: @anna, +bob (away), carl, dora"


def test_what_others_are_now_is_told_once_and_of_oneself_not_at_all() -> None:
    renderer = Renderer()
    renderer.line(WELCOME)
    lists = [
        (User("alice"), User("bob", away=True)),
        (User("alice", away=True), User("bob", away=True)),
        (User("alice"), User("bob", role="moderator")),
        (User("alice", role="admin"), User("bob", role="admin"), User("carl")),
        (User("bob"),),
        (User("bob", role="bot"),),
    ]
    assert [renderer.line(Users(room="lobby", users=users)) for users in lists] == [
        "* bob is away.",
        None,
        "* bob is back, bob is a moderator now.",
        "* carl came, bob is an admin now. Here: @alice, @bob, carl",
        "* alice, carl left, bob is an ordinary user now. Here: bob",
        "* bob is bot now.",
    ]


def test_who_is_away_is_told_in_the_lobby_only() -> None:
    renderer = Renderer()
    renderer.line(WELCOME)
    renderer.line(Users(room="tea", users=User.named("bob")))
    assert renderer.line(Users(room="tea", users=(User("bob", away=True),))) is None


def test_public_messages_of_who_is_hidden_are_not_shown() -> None:
    hidden = {"eve"}
    renderer = Renderer(is_hidden=lambda name: name in hidden)
    said = Broadcast(seq=1, room="lobby", sender="eve", time=NO_TIME, text="Buy this")
    heard = Broadcast(seq=2, room="lobby", sender="bob", time=NO_TIME, text="No")
    assert renderer.line(said) is None
    assert renderer.line(Page(re="1", more=False, broadcasts=(said, heard))) == "* What was said:\n[--:--] bob: No"
    # What was said in private before stays.
    assert renderer.line(Direct(seq=3, sender="eve", to="alice", time=NO_TIME, text="?")) is not None
    hidden.clear()
    assert renderer.line(said) == "[--:--] eve: Buy this"


def test_a_list_of_users_is_told_once_and_then_only_what_changed() -> None:
    renderer = Renderer()
    renderer.line(WELCOME)
    lists = [("alice", "bob"), ("alice", "bob"), ("alice", "bob", "carol"), ("alice", "dave"), ("alice", "dave")]
    assert [renderer.line(Users(room="lobby", users=User.named(*users))) for users in lists] == [
        None,
        None,
        "* carol came. Here: alice, bob, carol",
        "* dave came, bob, carol left. Here: alice, dave",
        None,
    ]


def test_each_room_has_its_own_list() -> None:
    renderer = Renderer()
    renderer.line(WELCOME)
    assert renderer.line(Users(room="tea", users=User.named("alice"))) == "* alice came. In #tea: alice"
    assert renderer.line(Users(room="lobby", users=User.named("alice", "bob"))) is None
    assert renderer.line(Users(room="tea", users=())) == "* alice left. In #tea: nobody"


def test_a_list_that_was_asked_for_is_always_shown() -> None:
    renderer = Renderer()
    renderer.line(WELCOME)
    asked = Users(re="7", room="lobby", users=User.named("alice", "bob"))
    assert [renderer.line(asked), renderer.line(asked)] == ["* Here: alice, bob"] * 2


def test_a_long_list_is_cut_and_the_rest_counted() -> None:
    names = tuple(f"user{number:04}" for number in range(3000))
    line = Renderer().line(Users(re="7", room="lobby", users=User.named(*names)))
    assert line is not None
    assert line.startswith("* Here: user0000, user0001, ")
    assert line.endswith(", user0029 and 2970 more")
