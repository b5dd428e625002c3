from __future__ import annotations

import pytest

from schema.tools.conformance.check import Skipped
from schema.tools.conformance.words import Words


@pytest.fixture
def words() -> Words:
    return Words("run", 7, {"anna": "anna-run", "anna.password": "secret"}, {"text": 3, "rooms": 2})


@pytest.mark.parametrize(
    ("said", "full"),
    [
        ('<who id="#1"/>', '<who id="run-7.1"/>'),
        ("&#10;", "&#10;"),
        ("{anna} {anna.password}", "anna-run secret"),
        ("{word} {word2} {room} {fresh} {nobody}", "word-run-7 word2-run-7 room-run-7 fresh-run-7 nobody-run-7"),
        ("{at text} {over text} {under text}", "xxx xxxx xx"),
        ("{3 <a/>}", "<a/><a/><a/>"),
        ("{too many rooms}", '<room name="r0"/><room name="r1"/>'),
    ],
)
def test_braces_and_ids_are_filled(said: str, full: str, words: Words) -> None:
    assert words.fill(said) == full


@pytest.mark.parametrize(
    ("said", "why"),
    [("{bert}", "there is no bert here"), ("{over document}", "the greeting names no limit document")],
)
def test_what_is_not_there_is_a_reason_to_skip(said: str, why: str, words: Words) -> None:
    with pytest.raises(Skipped, match=why):
        words.fill(said)


def test_what_is_not_heard_yet_may_stay_open(words: Words) -> None:
    assert words.expect('<ok re="#1" seq="{s}"/>') == '<ok re="run-7.1" seq="{s}"/>'
    words.known["s"] = "5"
    assert words.expect('seq="{s}"') == 'seq="5"'
