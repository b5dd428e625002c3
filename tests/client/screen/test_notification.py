from __future__ import annotations

import re

import pytest

from client.screen.notification import MAX_SHOWN, QUIET, Notifier, sequence
from tests.client.conftest import Enter
from tests.client.terminals import Terminal


@pytest.mark.parametrize(
    ("surroundings", "written"),
    [
        ({}, "\x1b]9;bob: a; b\x07"),
        ({"TERM": "xterm-256color"}, "\x1b]9;bob: a; b\x07"),
        ({"TERM": "rxvt-unicode"}, "\x1b]777;notify;xmlchat;bob: a, b\x07"),
        ({"VTE_VERSION": "7600"}, "\x1b]777;notify;xmlchat;bob: a, b\x07"),
        ({"TMUX": "/tmp/x"}, "\x1bPtmux;\x1b\x1b]9;bob: a; b\x07\x1b\\"),
        ({"STY": "1.x"}, "\x1bP\x1b]9;bob: a; b\x07\x1b\\"),
    ],
)
def test_each_terminal_is_asked_in_its_way(surroundings: dict[str, str], written: str) -> None:
    assert sequence("bob: a; b", surroundings) == written


def test_a_long_text_is_cut_between_characters() -> None:
    written = sequence("b" + "日" * MAX_SHOWN, {})
    assert len(written.encode()) <= MAX_SHOWN + len("\x1b]9;\x07")
    assert re.fullmatch("\x1b\\]9;b日+\x07", written)


def test_after_each_it_is_quiet_for_a_while() -> None:
    notifier = Notifier({}, on=True)
    assert [bool(notifier.about("bob: hi", now)) for now in (0.0, 0.1, QUIET - 0.1, QUIET + 0.1)] == [
        *(True, False, False, True)
    ]
    notifier.on = False
    assert notifier.about("bob: hi", 100.0) == ""


def test_it_says_what_tmux_needs() -> None:
    assert "allow-passthrough" in Notifier({"TMUX": "/tmp/x"}, on=True).describe()
    assert "allow-passthrough" not in Notifier({}, on=True).describe()


@pytest.mark.heavy
def test_somebody_who_calls_is_told_outside_if_wanted(alice: Terminal, enter: Enter) -> None:
    bob = enter("bob")
    bob.dm("alice", "first")
    alice.until(lambda screen: "\nbob           1 │" in screen)
    assert b"\x1b]9;" not in alice.raw
    alice.enter("/notify on")
    alice.until(lambda screen: "Notifications on the desktop are on." in screen)
    bob.dm("alice", "\x9b2J second\nline")
    alice.until(lambda _: b"\x1b]9;bob: \\x9b2J second line\x07" in alice.raw)
    alice.enter("/notify off")
    alice.until(lambda screen: "are off;" in screen)
    alice.enter("/notify test")
    alice.until(lambda _: b"\x1b]9;This is how a notification looks.\x07" in alice.raw)
