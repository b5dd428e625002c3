from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from client.screen.wrap import Row, wrap
from client.view.spans import Paragraph


def lines(rows: list[Row]) -> list[str]:
    return ["".join(text for _, text in row) for row in rows]


def wrapped(text: str, width: int, head: str = "12:00 ") -> list[str]:
    return lines(wrap(Paragraph((("time", head),), (("text", text),)), width))


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ("", 30, ["12:00 "]),
        ("bob: hello", 30, ["12:00 bob: hello"]),
        ("bob: hello to all of you", 20, ["12:00 bob: hello to ", "      all of you"]),
        ("bob: hello to all of you", 19, ["12:00 bob: hello to", "      all of you"]),
        ("one\ntwo\n\nthree", 30, ["12:00 one", "      two", "      ", "      three"]),
        ("a" * 20, 20, ["12:00 " + "a" * 14, "      " + "a" * 6]),
        ("ab " + "c" * 20, 20, ["12:00 ab " + "c" * 11, "      " + "c" * 9]),
        ("日本語日本語日本", 20, ["12:00 日本語日本語日", "      本"]),
        ("日本語日本語日本", 19, ["12:00 日本語日本語", "      日本"]),
        ("e\u0301" * 14, 20, ["12:00 " + "e\u0301" * 14]),
        ("e\u0301" * 15, 20, ["12:00 " + "e\u0301" * 14, "      e\u0301"]),
        ("a b c", 8, ["12:00 a ", "b c"]),
        ("  /dm   one two three four", 26, ["12:00   /dm   one two ", "              three four"]),
    ],
)
def test_a_text_is_wrapped_by_cells(text: str, width: int, rows: list[str]) -> None:
    assert wrapped(text, width) == rows


def test_no_row_of_a_text_can_pose_as_another_message() -> None:
    rows = wrapped("hello\n09:00 alice: I owe you\n" + "x " * 30, 30)
    assert all(row.startswith("      ") for row in rows[1:])


@pytest.mark.parametrize(
    ("label", "width", "row"),
    [("unread", 20, "────── unread ──────"), ("unread", 8, " unread "), ("unread", 6, " unre "), ("unread", 1, " ")],
)
def test_a_rule_is_one_row(label: str, width: int, row: str) -> None:
    assert lines(wrap(Paragraph((), (("ruler", label),), rule=True), width)) == [row]


TEXT = st.text(st.sampled_from("ab \n日e\u0301👍🏽\u200d\u0627ש"), max_size=80)


@given(TEXT, st.integers(min_value=4, max_value=40))
def test_rows_fit_and_nothing_is_lost(text: str, width: int) -> None:
    rows = wrapped(text, width, "")
    assert all(get_cwidth(row) <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())
