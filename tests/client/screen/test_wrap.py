from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from client.safe import safe
from client.screen.cells import MAX_REACH, cells, clusters, measure
from client.screen.wrap import Row, wrap
from client.view.spans import LINK, Paragraph
from tests.client.screen.test_cells import TEXT as SCRIPTS


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


LINES = st.text(st.sampled_from("ab \n日e\u0301👍🏽\u200d"), max_size=80)


@given(SCRIPTS | LINES, st.integers(min_value=MAX_REACH, max_value=40))
def test_rows_fit_and_nothing_is_lost(text: str, width: int) -> None:
    text = "\n".join(map(safe, text.split("\n")))
    rows = wrapped(text, width, "")
    assert all(wcswidth(row) <= width for row in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())


@given(SCRIPTS | LINES, st.integers(min_value=MAX_REACH + 1, max_value=40))
def test_no_row_is_drawn_beyond_its_end_where_the_parts_of_clusters_are_drawn(text: str, width: int) -> None:
    for row in wrapped("\n".join(map(safe, text.split("\n"))), width, ""):
        used = 0
        for cluster in clusters(row):
            assert used + measure(cluster)[1] <= width
            used += cells(cluster)


def test_an_address_goes_over_rows_as_one_link() -> None:
    address = "https://chat.example/" + "a" * 30
    rows = wrap(Paragraph((("time", "12:00 "),), ((f"{LINK}{address}", address),)), 30)
    pieces = [text for row in rows for role, text in row if role == f"{LINK}{address}"]
    assert len(rows) == len(pieces) == 3
    assert "".join(pieces) == address
    # Behind each there is room for what ends the link.
    assert max(map(len, lines(rows))) == 29
