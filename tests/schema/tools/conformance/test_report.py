from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET

import pytest

from schema.tools.conformance.check import Check, Outcome, Result
from schema.tools.conformance.report import FORMATS

RESULTS = [
    Result(Check("a/one", "A sentence."), Outcome.PASS),
    Result(Check("a/two", "Another <one>."), Outcome.FAIL, 'got "\x9b31m"'),
    Result(Check("b/three", "A third."), Outcome.SKIP, "there is no --tls"),
]


def told(form: str) -> str:
    out = io.StringIO()
    assert FORMATS[form](iter(RESULTS), out, "the kit") == RESULTS
    return out.getvalue()


def test_text() -> None:
    assert told("text").splitlines() == [
        "ok    a/one",
        "FAIL  a/two",
        "      > Another <one>.",
        '      got "\N{REPLACEMENT CHARACTER}31m"',
        "skip  b/three: there is no --tls",
        "3 checks: 1 passed, 1 failed, 1 skipped",
    ]
    assert "\x9b" not in told("text")


def test_json() -> None:
    expected = [result.as_fields() for result in RESULTS]
    expected[1]["detail"] = 'got "\N{REPLACEMENT CHARACTER}31m"'
    assert json.loads(told("json")) == expected


def test_junit() -> None:
    suite = ET.fromstring(told("junit"))
    assert suite.attrib == {"name": "the kit", "tests": "3", "failures": "1", "errors": "0", "skipped": "1"}
    assert [(case.get("classname"), case.get("name"), [one.tag for one in case]) for case in suite] == [
        ("a", "one", []),
        ("a", "two", ["failure"]),
        ("b", "three", ["skipped"]),
    ]
    failure = suite[1][0]
    assert failure.text == "Another <one>."


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_that_came_reaches_a_terminal_as_it_is(form: str) -> None:
    assert "\x9b" not in told(form)
