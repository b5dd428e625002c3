from __future__ import annotations

import pytest

from client.screen.pasting import ASKED_FROM_CHARACTERS, ASKED_FROM_LINES, Pasting, clean, is_much


def held(text: str, around: int = 0, longest: int = 4096) -> Pasting:
    pasting = Pasting()
    pasting.hold(text, around, longest)
    return pasting


@pytest.mark.parametrize(
    ("text", "much"),
    [
        ("a word", False),
        ("x\n" * (ASKED_FROM_LINES - 2) + "x", False),
        ("x\n" * (ASKED_FROM_LINES - 1) + "x", True),
        ("x" * (ASKED_FROM_CHARACTERS - 1), False),
        ("x" * ASKED_FROM_CHARACTERS, True),
    ],
)
def test_much_is_asked_about(text: str, much: bool) -> None:
    assert is_much(text) is much


def test_line_ends_are_those_of_a_message() -> None:
    assert clean("a\r\nb\rc\nd") == "a\nb\nc\nd"


@pytest.mark.parametrize(("text", "much"), [("x\n" * 37, "37 lines"), ("x" * 1234, "1,234 characters")])
def test_what_is_asked(text: str, much: str) -> None:
    assert held(text).question("#tea") == (f"Paste {much} to #tea as one message? Enter sends, Esc drops, E edits.")


def test_what_is_too_long_is_said_before_it_is_sent() -> None:
    pasting = held("x\n" * 2048, around=10)
    assert not pasting.fits
    assert pasting.question("#tea") == (
        "Pasted 2,048 lines: too long, 4,105 of at most 4,096 characters. Esc drops, E edits."
    )
    assert held("x\n" * 2048).fits


def test_it_is_given_away_once() -> None:
    pasting = held("one\n")
    pasting.hold("two", 0, 4096)
    assert pasting.held
    assert pasting.release() == "one\ntwo"
    assert (pasting.held, pasting.question("#tea"), pasting.release()) == (False, "", "")
