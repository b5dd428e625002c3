from __future__ import annotations

from itertools import count

import pytest

from client.commands import HELP, Mistyped, Typist
from client.local import ChangePassword, Connect, GoTo, Help, Local, Query
from schema.messages import (
    Announce,
    Away,
    Back,
    Ban,
    Block,
    Command,
    Dm,
    Ex,
    History,
    Join,
    Kick,
    List,
    Message,
    Mute,
    Part,
    Ping,
    Pm,
    Unban,
    Unblock,
    Unmute,
    Who,
)


def typist() -> Typist:
    numbers = count(1)
    return Typist(lambda: str(next(numbers)))


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("hello", Pm(id="1", text="hello")),
        ("  two  spaces ", Pm(id="1", text="  two  spaces ")),
        (" /dm bob hi", Pm(id="1", text=" /dm bob hi")),
        ("//dm bob hi", Pm(id="1", text="/dm bob hi")),
        ("///", Pm(id="1", text="//")),
        ("/dm bob hi", Dm(id="1", to="bob", text="hi")),
        ("/dm  bob  hi  there ", Dm(id="1", to="bob", text="hi  there ")),
        ("/DM bob /ex", Dm(id="1", to="bob", text="/ex")),
        ("/msg bob hi", Dm(id="1", to="bob", text="hi")),
        ("/users", Who(id="1")),
        ("/users tea", Who(id="1", room="tea")),
        ("/who", Who(id="1")),
        ("/names", Who(id="1")),
        ("/rooms", List(id="1")),
        ("/list ", List(id="1")),
        ("/join tea", Join(id="1", room="tea")),
        ("/part tea", Part(id="1", room="tea")),
        ("/leave tea", Part(id="1", room="tea")),
        ("/part", Part(id="1", room="lobby")),
        ("/history", History(id="1", limit=20)),
        ("/history 5", History(id="1", limit=5)),
        ("/history bob", History(id="1", user="bob", limit=20)),
        ("/history bob 5", History(id="1", user="bob", limit=5)),
        ("/history 5 bob", History(id="1", user="bob", limit=5)),
        ("/ping", Ping(id="1")),
        ("/ex", Ex(id="1")),
        ("/Ex", Ex(id="1")),
        ("/quit", Ex(id="1")),
        ("/exit", Ex(id="1")),
        ("/me  waves at  bob", Pm(id="1", text="waves at  bob", kind="action")),
        ("/away", Away(id="1")),
        ("/back", Back(id="1")),
        ("/block eve", Block(id="1", user="eve")),
        ("/unblock eve", Unblock(id="1", user="eve")),
        ("/blocks", List(id="1", what="blocks")),
        ("/kick eve", Kick(id="1", user="eve")),
        ("/kick eve enough of it", Kick(id="1", user="eve", text="enough of it")),
        ("/mute eve", Mute(id="1", user="eve")),
        ("/mute eve 90s", Mute(id="1", user="eve", seconds=90)),
        ("/mute eve 10m be quiet", Mute(id="1", user="eve", seconds=600, text="be quiet")),
        ("/mute eve be quiet please", Mute(id="1", user="eve", text="be quiet please")),
        ("/unmute eve", Unmute(id="1", user="eve")),
        ("/ban eve", Ban(id="1", user="eve")),
        ("/ban bad.cafe 2H", Ban(id="1", user="bad.cafe", seconds=7200)),
        ("/ban 192.0.2.7 1d spam", Ban(id="1", address="192.0.2.7", seconds=86_400, text="spam")),
        ("/ban 192.0.2.0/24", Ban(id="1", address="192.0.2.0/24")),
        ("/ban fe80::1", Ban(id="1", address="fe80::1")),
        ("/unban eve", Unban(id="1", user="eve")),
        ("/unban ::1", Unban(id="1", address="::1")),
        ("/sanctions", List(id="1", what="sanctions")),
        ("/bans", List(id="1", what="sanctions")),
        ("/announce tea is  ready", Announce(id="1", text="tea is  ready")),
    ],
)
def test_a_line_is_a_command(line: str, command: Message) -> None:
    assert typist().read(line) == command


@pytest.mark.parametrize("line", ["", " ", "\t", "\u3000"])
def test_a_blank_line_is_nothing(line: str) -> None:
    assert typist().read(line) is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/dm", "Usage: /dm NAME TEXT"),
        ("/dm bob", "Usage: /dm NAME TEXT"),
        ("/dm bob ", "Usage: /dm NAME TEXT"),
        ("/join", "Usage: /join ROOM"),
        ("/history 5 6", "Usage: /history [NAME] [COUNT]"),
        ("/history bob eve", "Usage: /history [NAME] [COUNT]"),
        ("/history bob 5 6", "Usage: /history [NAME] [COUNT]"),
        ("/ex now", "Usage: /ex"),
        ("/rooms all", "Usage: /rooms"),
        ("/ping me", "Usage: /ping"),
        ("/me", "Usage: /me TEXT"),
        ("/away for lunch", "Usage: /away"),
        ("/block", "Usage: /block NAME"),
        ("/kick", "Usage: /kick NAME [REASON]"),
        ("/mute ", "Usage: /mute NAME [TIME] [REASON]"),
        ("/ban", "Usage: /ban NAME|ADDRESS [TIME] [REASON]"),
        ("/announce", "Usage: /announce TEXT"),
        ("/mute eve 10", "10 is no time; write it like 90s, 10m, 2h or 1d, and a reason behind it."),
        ("/ban eve 1h30m", "1h30m is no time; write it like 90s, 10m, 2h or 1d, and a reason behind it."),
        ("/ban eve 9999999999d", "9999999999d is no time; write it like 90s, 10m, 2h or 1d, and a reason behind it."),
        ("/password secret", "Usage: /password"),
        ("/msg", "Usage: /dm NAME TEXT"),
        ("/connect a", "/connect is for the full screen, which is there in a terminal without --plain."),
    ],
)
def test_what_is_missing_or_too_much_is_answered_with_the_usage(line: str, sentence: str) -> None:
    with pytest.raises(Mistyped) as mistyped:
        typist().read(line)
    assert str(mistyped.value) == sentence


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("/user", "Did you mean /users?"),
        ("/usres", "Did you mean /users?"),
        ("/jion tea", "Did you mean /join?"),
        ("/EXI", "Did you mean /exit?"),
        ("/unblok eve", "Did you mean /unblock?"),
        ("/anounce tea", "Did you mean /announce?"),
        ("/frobnicate", "/help lists the commands."),
        ("/", "/help lists the commands."),
        ("/ hello", "/help lists the commands."),
        ("/etc/passwd", "begin it with //"),
        ("/dm\tbob hi", "/help lists the commands."),
    ],
)
def test_an_unknown_command_is_never_sent_as_text(line: str, hint: str) -> None:
    with pytest.raises(Mistyped) as mistyped:
        typist().read(line)
    assert str(mistyped.value).startswith("There is no command /")
    assert hint in str(mistyped.value)


def typed(*lines: str) -> Message | Local | None:
    """What the last of these lines leads to, when each was sent."""
    one = typist()
    last: Command | Ping | Local | None = None
    for line in lines:
        last = one.read(line)
        if isinstance(last, Message):
            one.follow(last)
    return last


@pytest.mark.parametrize(
    ("lines", "command"),
    [
        (["/join tea", "hi"], Pm(id="2", text="hi", room="tea")),
        (["/join tea", "/me waves"], Pm(id="2", text="waves", room="tea", kind="action")),
        (["/join tea", "//hi"], Pm(id="2", text="/hi", room="tea")),
        (["/join tea", "/users"], Who(id="2", room="tea")),
        (["/join tea", "/history 5"], History(id="2", room="tea", limit=5)),
        (["/join tea", "/history bob"], History(id="2", user="bob", limit=20)),
        (["/join tea", "/part"], Part(id="2", room="tea")),
        (["/join tea", "/part", "hi"], Pm(id="3", text="hi")),
        (["/join tea", "/part cake", "hi"], Pm(id="3", text="hi", room="tea")),
        (["/join tea", "/join cake", "hi"], Pm(id="3", text="hi", room="cake")),
        (["/join tea", "/join lobby", "hi"], Pm(id="3", text="hi")),
        (["/join tea", "/dm bob hi"], Dm(id="2", to="bob", text="hi")),
    ],
)
def test_lines_go_to_the_room_that_was_entered_last(lines: list[str], command: Message) -> None:
    assert typed(*lines) == command


def test_a_room_is_entered_only_when_the_command_was_sent() -> None:
    one = typist()
    one.read("/join tea")
    assert one.room is None
    assert one.read("hi") == Pm(id="2", text="hi")


@pytest.mark.parametrize("word", ["PM", "DM", "EX", "/dm NAME TEXT", "/join ROOM", "/users [ROOM]", "//TEXT"])
def test_help_names(word: str) -> None:
    assert word in HELP
    assert typist().read("/help") == Help(HELP)


def test_help_begins_with_what_everybody_needs_and_moderators_have_one_line() -> None:
    first, second, third, *others, last = HELP.splitlines()
    assert ["PM" in first, "DM" in second, "EX" in third] == [True] * 3
    assert last.startswith("For moderators: /kick, /mute, ")
    assert not any(word in line for line in others for word in ("/kick", "/mute", "/ban", "/announce"))
    assert max(map(len, HELP.splitlines())) <= 120


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("/help mute", "/mute NAME [TIME] [REASON]: NAME can say nothing in public, for a TIME like 90s"),
        ("/help bans", "/sanctions: the bans and mutes in force"),
        ("/help dm", "/dm NAME TEXT: a direct message to one person (DM)"),
        ("/help /msg", "/dm NAME TEXT: a direct message to one person (DM)"),
        ("/HELP Ex", "/ex: log out (EX)"),
        ("/help usres", "There is no command /usres. Did you mean /users?"),
    ],
)
def test_help_tells_about_one_command(line: str, text: str) -> None:
    said = typist().read(line)
    assert isinstance(said, Help)
    assert said.text.startswith(text)


@pytest.mark.parametrize("line", ["/password", "/passwd", "/PASSWORD "])
def test_a_new_password_is_not_part_of_the_line(line: str) -> None:
    assert typist().read(line) == ChangePassword()


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("/msg bob", Query("bob")),
        ("/dm Bob ", Query("bob")),
        ("/win", GoTo(None)),
        ("/win 12", GoTo(12)),
        ("/connect", Connect()),
        ("/connect chat.example", Connect("chat.example")),
        ("/connect chat.example:7743 TLS", Connect("chat.example", 7743, True)),
        ("/connect [::1]:7700 clear", Connect("::1", 7700, False)),
    ],
)
def test_what_a_line_means_on_the_screen(line: str, wish: Local) -> None:
    assert Typist(lambda: "1", screen=True).read(line) == wish


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("/dm", "Usage: /dm NAME TEXT"),
        ("/win x", "Usage: /win [NUMBER]"),
        ("/connect host:99999", "99999 is not a port: 1 to 65535."),
        ("/connect a:b", "'a:b' is no server; write HOST or HOST:PORT."),
        ("/connect host maybe", "Usage: /connect [HOST[:PORT]] [tls|clear]"),
    ],
)
def test_what_makes_no_sense_on_the_screen_is_said(line: str, sentence: str) -> None:
    with pytest.raises(Mistyped) as mistyped:
        Typist(lambda: "1", screen=True).read(line)
    assert str(mistyped.value) == sentence
