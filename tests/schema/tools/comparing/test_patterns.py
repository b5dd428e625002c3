from __future__ import annotations

import pytest

from schema.tools.comparing.automaton import Automaton, Undecided, words
from schema.tools.comparing.patterns import Alphabet


def only(one: str, other: str) -> str | None:
    """The shortest text that the first matches and the other does not."""
    alphabet = Alphabet([one, other])
    machines = [Automaton(alphabet.expression(pattern)) for pattern in (one, other)]
    word = next(words(machines[:1], machines[1:], len(alphabet.characters)), None)
    return None if word is None else alphabet.text(word)


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        ("[a-z]{1,3}", "[a-z]{1,4}", None),
        ("[a-z]{1,4}", "[a-z]{1,3}", "aaaa"),
        ("(ab)*", "a(ba)*b|", None),
        ("[b-z]", "[a-z-[a]]", None),
        ("[a-z-[aeiou]]", "[b-df-hj-np-tv-z]", None),
        ("[^b]", "[a-z]", "0"),
        (r"\.\-\[\]\{\}", ".{6}", None),
        (".", r"[^\n\r]", None),
        (r"\s+", r"[ \t\n\r]{1,}", None),
        ("a{2}", "a{2,}", None),
        ("x?", "x*", None),
        ("^a$", "a", "^a$"),
        ("true|false", "true", "false"),
        ("[A-Za-z0-9._:@/+=\\-]{1,64}", "[!-~]{1,64}", None),
        ("é", "[a-z]", "é"),
        (r"\p{Lu}", "[A-Z]", "Ω"),
    ],
)
def test_what_only_one_of_two_patterns_matches(one: str, other: str, text: str | None) -> None:
    assert only(one, other) == text


@pytest.mark.parametrize(
    ("pattern", "exact"), [("[a-z]{1,3}.", True), (r"\s\S", True), (r"\w", False), (r"\P{L}", False)]
)
def test_classes_that_unicode_defines_are_only_tried(pattern: str, exact: bool) -> None:
    assert Alphabet([pattern]).exact is exact


def test_there_are_no_more_characters_than_make_a_difference() -> None:
    assert Alphabet(["[a-z]+"]).characters == ["a", "0"]


def test_no_character_that_xml_cannot_carry_is_tried() -> None:
    assert all(one.isprintable() or one in "\t\n\r\u00a0\u3000" for one in Alphabet(["[^a]", r"\t"]).characters)


@pytest.mark.parametrize("pattern", ["(a", "a)", "[a", "a{", "[z-a]"])
def test_what_cannot_be_read_is_left_undecided(pattern: str) -> None:
    with pytest.raises(Undecided):
        Alphabet([pattern]).expression(pattern)
