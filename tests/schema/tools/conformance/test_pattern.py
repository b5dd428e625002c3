from __future__ import annotations

import pytest
from lxml import etree

from schema.tools.conformance.pattern import Pattern, document
from schema.tools.conformance.words import Words


def root(said: str) -> etree._Element:
    return etree.fromstring(document(said))


@pytest.fixture
def words() -> Words:
    return Words("run", 1, {"old": "5"}, {})


FITS = [
    ("<ok/>", '<ok re="1"/>'),
    ('<ok re="1"/>', '<ok re="1" seq="4"/>'),
    ('<_ re="1"/>', '<users re="1"/>'),
    ('<ok seq="*"/>', '<ok seq="4"/>'),
    ('<ok seq="-"/>', "<ok/>"),
    ('<ok seq=">5"/>', '<ok seq="6"/>'),
    ('<ok seq=">{old}"/>', '<ok seq="6"/>'),
    ('<error code="a|b"/>', '<error code="b"/>'),
    ('<user away="-|false"/>', "<user/>"),
    ('<user away="-|false"/>', '<user away="false"/>'),
    ("<pm><text>hi</text></pm>", "<pm><text>hi</text><ext/></pm>"),
    ('<users><user name="b"/></users>', '<users><user name="a"/><user name="b"/></users>'),
    ('<users _count="1"/>', '<users><user name="a"/><ext/></users>'),
    ("<pm><text> hi </text></pm>", "<pm><text> hi </text></pm>"),
]

DIFFERS = [
    ("<ok/>", "<error/>"),
    ('<ok re="1"/>', "<ok/>"),
    ('<ok re="1"/>', '<ok re="2"/>'),
    ('<ok seq="*"/>', "<ok/>"),
    ('<ok seq="-"/>', '<ok seq="-"/>'),
    ('<ok seq=">5"/>', '<ok seq="5"/>'),
    ('<ok seq=">5"/>', '<ok seq="x"/>'),
    ('<error code="a|b"/>', '<error code="a|b"/>'),
    ("<pm><text>hi</text></pm>", "<pm><text>ho</text></pm>"),
    ("<pm><text>hi</text></pm>", "<pm><text> hi</text></pm>"),
    ('<users _count="0"/>', "<users><user/></users>"),
    ('<users><user name="c"/></users>', '<users><user name="a"/></users>'),
]


@pytest.mark.parametrize(("said", "heard"), FITS)
def test_a_document_that_says_at_least_as_much_fits(said: str, heard: str, words: Words) -> None:
    assert Pattern(said, words).fits(root(heard))


@pytest.mark.parametrize(("said", "heard"), DIFFERS)
def test_one_that_says_less_or_something_else_does_not(said: str, heard: str, words: Words) -> None:
    assert not Pattern(said, words).fits(root(heard))


def test_what_was_new_is_known_afterwards(words: Words) -> None:
    assert Pattern('<ok seq="{s}" time="{t}"/>', words).fits(root('<ok seq="4" time="now"/>'))
    assert words.known == {"old": "5", "s": "4", "t": "now"}
    assert not Pattern('<ok seq="{s}"/>', words).fits(root('<ok seq="5"/>'))


def test_what_stands_twice_is_twice_the_same(words: Words) -> None:
    assert not Pattern('<direct from="{a}" to="{a}"/>', words).fits(root('<direct from="x" to="y"/>'))
    assert "a" not in words.known


@pytest.mark.parametrize(
    ("said", "heard", "excluded"),
    [
        ('<ok re="1"/>', '<error re="1"/>', True),
        ('<ok re="1"/>', '<error re="2"/>', False),
        ('<ok re="*"/>', '<error re="2"/>', False),
        ('<error code="a"/>', '<error code="b"/>', True),
        ('<error code="a"/>', '<error re="1" code="b"/>', False),
        ('<bye code="a"/>', '<error code="b"/>', False),
    ],
)
def test_another_answer_to_the_same_ends_the_waiting(said: str, heard: str, excluded: bool, words: Words) -> None:
    assert Pattern(said, words).excludes(root(heard)) is excluded
