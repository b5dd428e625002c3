from __future__ import annotations

import pytest

from client.screen.drawn import Drawing, knows_links
from client.view.spans import LINK

SITE = "https://chat.example"
FAMILY = "👩\u200d👩\u200d👧"


def parts(fragments: list[tuple[str, ...]]) -> list[str]:
    return [str(fragment[1]) for fragment in fragments]


def of(row: list[tuple[str, str]], *, left: int = 10, links: bool = True) -> list[tuple[str, ...]]:
    return [tuple(map(str, fragment)) for fragment in Drawing().row(0, row, 40, left, links=links)]


def test_an_ordinary_row_stays_as_it_is() -> None:
    assert of([("", "  "), ("text", "hello 日本")]) == [("", "  "), ("class:text", "hello 日本")]


def test_a_link_says_where_all_of_it_leads_and_ends() -> None:
    fragments = of([("text", "see "), (f"{LINK}{SITE}/abc", f"{SITE}/"), ("text", " ")])
    assert parts(fragments) == [
        "see ",
        f"\x1b]8;id=68df50e7;{SITE}/abc\x1b\\",
        f"{SITE}/",
        "\x1b]8;;\x1b\\",
        " ",
        " " * (40 - 26),
    ]
    # What stands in a row with sequences is drawn together, or a link might be opened and never closed.
    marks = {style.rpartition(" ")[2] for style, _ in fragments if style != "[ZeroWidthEscape]"}
    assert len(marks) == 1
    assert "link" in fragments[2][0]


def test_a_row_that_has_changed_is_drawn_as_a_whole() -> None:
    drawing = Drawing()

    def marks(*texts: str) -> set[str]:
        row = [("text", text) for text in texts]
        return {
            str(style).rpartition(" ")[2] for style, *_ in drawing.row(3, row, 40, 0, links=True) if "[" not in style
        }

    first = marks(FAMILY)
    assert len(first) == 1
    assert marks(FAMILY) == first
    others = [marks(FAMILY, str(number)) for number in range(100)]
    assert all(one != other for one, other in zip([first, *others], others, strict=False))
    # What prompt_toolkit keeps for each of them does not grow with what is said.
    assert len(set().union(*others)) <= 3


def test_without_links_an_address_is_text() -> None:
    assert of([(f"{LINK}{SITE}", SITE)], links=False) == [("class:link", SITE)]


def test_behind_a_cluster_the_column_is_said() -> None:
    assert parts(of([("text", f"ab{FAMILY}cd")])) == ["ab", FAMILY, "\x1b[15G", "cd", " " * 34]


@pytest.mark.parametrize(
    ("term", "known"),
    [("xterm-256color", True), ("tmux", True), ("", True), ("vte-256color", True), ("linux", False), ("vt100", False)],
)
def test_where_links_are_known(term: str, known: bool) -> None:
    assert knows_links(term) == known
