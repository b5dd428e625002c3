from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from schema.tools.formats import junit
from schema.tools.inputs.item import Document, Stream, Where
from tests.schema.tools.formats.conftest import INVALID, Tell


def test_each_file_is_a_suite_and_each_finding_a_test(tell: Tell) -> None:
    suites = ET.fromstring(tell("junit"))
    assert [
        (one.get("name"), one.get("tests"), one.get("failures"), one.get("errors"), one.get("skipped"))
        for one in suites
    ] == [
        ("valid.xml", "1", "0", "0", "0"),
        ("wrong.xml", "1", "1", "0", "0"),
        ("a&b.pcap", "3", "2", "0", "1"),
        ("gone.xml", "1", "0", "1", "0"),
    ]
    failure = suites.find("testsuite[@name='wrong.xml']/testcase/failure")
    assert failure is not None
    assert failure.get("type") == "XC608"
    assert 'room="Tea Room"' in (failure.text or "")


def test_no_more_is_kept_than_the_limit_says(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "MAX_KEPT", 2)
    suites = ET.fromstring(tell("junit", [Document(INVALID, Where(Stream("wrong.xml")))] * 5))
    suite = suites.find("testsuite[@name='wrong.xml']")
    assert suite is not None
    assert len(suite.findall("testcase")) == 2
    assert suite.findtext("system-out") == "and 3 more"
