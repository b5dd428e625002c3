from __future__ import annotations

import pytest

from schema.tools.judging.excerpts import excerpt, harmless

LONG = "<pm>" + "a" * 200 + " colour " + "b" * 200 + "</pm>"


@pytest.mark.parametrize(
    ("document", "line", "column", "text", "marked"),
    [
        ("<pm id='1'/>", 1, 5, "<pm id='1'/>", "id"),
        ("<pm\n id='1'/>", 2, 2, " id='1'/>", "id"),
        ("<pm\r\n id='1'/>", 2, 2, " id='1'/>", "id"),
        ("<pm/>", 1, 1, "<pm/>", "<pm"),
        ("<pm>&</pm>", 1, 5, "<pm>&</pm>", "&"),
        ("<pm>", 1, 5, "<pm>", ""),
        (LONG, 1, 206, f"…{'a' * 59} colour {'b' * 59}…", "colour"),
        ("<a>\x1b[2J</a>", 1, 1, "<a>�[2J</a>", "<a"),
    ],
)
def test_the_line_and_what_is_at_fault_in_it(document: str, line: int, column: int, text: str, marked: str) -> None:
    found = excerpt(document.encode(), line, column, well_formed=True)
    assert found is not None
    assert found.text == text
    assert found.text[found.column - 1 :][: found.length] == marked


def test_a_line_that_is_not_there_has_no_excerpt() -> None:
    assert excerpt(b"<pm/>", 2, 1, well_formed=True) is None


def test_a_secret_is_not_shown() -> None:
    found = excerpt(b"<login><password>hunter2</password></login>", 1, 1, well_formed=True)
    assert found is not None
    assert found.text == "<login><password>*******</password></login>"


def test_what_a_terminal_would_obey_is_replaced() -> None:
    assert harmless("a\x1b\x9b\u202e\u2028\x7fb") == "a" + "\N{REPLACEMENT CHARACTER}" * 5 + "b"
    assert harmless("Grüße 漢字") == "Grüße 漢字"
