from __future__ import annotations

import pytest

from schema.messages import Ping, Side
from schema.tools.inputs.item import Document, Stream, Where
from schema.tools.judging.documents import Documents
from schema.tools.rules.finding import Finding
from schema.tools.rules.table import BY_NAME
from tests.examples import DOCUMENTS, Example
from tests.schema.tools.traffic import document

JUDGE = Documents()


def found(octets: bytes, sender: Side | None = None) -> list[Finding]:
    findings: list[Finding] = []
    JUDGE.judge(Document(octets, Where(Stream("file", sender))), findings)
    return findings


@pytest.mark.parametrize("example", DOCUMENTS, ids=str)
def test_an_example_gets_its_verdict(example: Example) -> None:
    findings = found(example.octets, example.sender)
    assert findings == [] if example.valid else len(findings) == 1
    if not example.valid:
        [finding] = findings
        assert example.code is not None
        assert finding.rule.name == example.code or (example.code == "invalid" and finding.rule.id.startswith("XC6"))
        assert finding.at == example.at
        assert finding.declared is not None or example.code != "invalid" or finding.at is None


def test_a_valid_one_is_its_message() -> None:
    findings: list[Finding] = []
    judged = JUDGE.judge(Document(document('<ping id="1"/>'), Where(Stream("file"))), findings)
    assert judged == (Ping(id="1"), None)
    assert findings == []


@pytest.mark.parametrize(
    ("octets", "rule", "place", "marked"),
    [
        (b'<pm xmlns="urn:xmlchat:1" id="1" colour="red"><text/></pm>', "unknown-attribute", (1, 34), "colour"),
        (b'<pm xmlns="urn:xmlchat:1" id="1">\n<!-- --><text/></pm>', "comment", (2, 1), "<"),
        (b'<pm xmlns="urn:xmlchat:1" id="1"><text>\xe9</text></pm>', "not-utf8", (1, 40), "\N{REPLACEMENT CHARACTER}"),
        (b'<?xml version="1.1"?><ping xmlns="urn:xmlchat:1" id="1"/>', "xml-version", (1, 15), '"'),
    ],
)
def test_where_it_is(octets: bytes, rule: str, place: tuple[int, int], marked: str) -> None:
    [finding] = found(octets)
    assert finding.rule is BY_NAME[rule]
    assert (finding.line, finding.column) == place
    shown = finding.excerpt
    assert shown is not None
    assert shown.text[shown.column - 1 :][: shown.length] == marked


@pytest.mark.parametrize(
    "octets",
    [
        b'<login xmlns="urn:xmlchat:1" id="1" name="a"><password>hunter2 & hunter2</password></login>',
        b'<login xmlns="urn:xmlchat:1" id="1" name="a"><password>&hunter2;</password></login>',
        b'<login xmlns="urn:xmlchat:1" id="1" name="a" password="hunter2"/>',
        b'<login xmlns="urn:xmlchat:1" id="1" name="a"><password>hunter2</password><password>x</password></login>',
        b'<login xmlns="urn:xmlchat:1" id="1" name="a"><pass>hunter2</pass></login>',
        b'<login xmlns="urn:xmlchat:1" id="1" name="a">hunter2</login>',
        b'<passwd xmlns="urn:xmlchat:1" id="1"><old>hunter2</old><new/></passwd>',
        b'<login xmlns="urn:xmlchat:1" id="1" name="a"><invitation>hunter2 hunter2</invitation></login>',
        b'<login xmlns="urn:xmlchat:1" id="1" name="a"><password>hunter2\xff</password></login>',
        b'<login xmlns="urn:xmlchat:1" id="1" name="a"><password>hunter2</login>',
    ],
)
def test_a_password_is_nowhere_in_a_finding(octets: bytes) -> None:
    [finding] = found(octets)
    assert "hunter2" not in str(finding.as_fields())
