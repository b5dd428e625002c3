from __future__ import annotations

from pathlib import Path

import pytest

from schema.tools.inputs.item import Document, Stream, Where
from schema.tools.judging.documents import Documents
from schema.tools.judging.foreign import ForeignDocuments
from schema.tools.judging.second_opinion import SecondOpinion
from schema.tools.rules.finding import Finding
from schema.validity import XSD
from tests.schema.tools.traffic import document

BOTH = SecondOpinion(XSD, alone=False)
ALONE = SecondOpinion(XSD, alone=True)

VALID = document('<pm id="1"><text>hello</text></pm>')
INVALID = document('<pm id="1" room="Tea"><text>hello</text></pm>')
LOGIN = document('<login id="1" name="a"><password>hunter2</password><password>hunter2</password></login>')


def found(octets: bytes, opinion: SecondOpinion) -> list[Finding]:
    findings: list[Finding] = []
    item = Document(octets, Where(Stream("file")))
    Documents().judge(item, findings)
    opinion.judge(item, findings)
    return findings


def rules(octets: bytes, opinion: SecondOpinion) -> list[str]:
    return [finding.rule.name for finding in found(octets, opinion)]


def test_where_both_agree_nothing_is_added() -> None:
    assert rules(VALID, BOTH) == []
    assert rules(INVALID, BOTH) == ["wrong-value"]


def test_alone_its_verdict_counts() -> None:
    assert rules(VALID, ALONE) == []
    [finding] = found(INVALID, ALONE)
    assert finding.rule.name == "invalid"
    assert "pattern" in finding.sentence


@pytest.mark.parametrize(
    "octets", [b"<", document("<shout/>"), b"<who xmlns='urn:else'/>", document('<pm id="1"><!-- --><text/></pm>')]
)
@pytest.mark.parametrize("opinion", [BOTH, ALONE], ids=["both", "alone"])
def test_it_is_not_asked_where_something_else_than_the_schema_has_refused(
    octets: bytes, opinion: SecondOpinion
) -> None:
    [name] = rules(octets, opinion)
    assert name not in ("invalid", "engines-disagree")


def test_a_password_is_not_in_its_reason() -> None:
    [finding] = found(LOGIN, ALONE)
    assert "hunter2" not in str(finding.as_fields())


def test_a_disagreement_is_found(tmp_path: Path) -> None:
    """libxml2 takes 日本 for no letters; xmlschema knows better."""
    path = tmp_path / "x.xsd"
    path.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"><xs:simpleType>'
        r'<xs:restriction base="xs:string"><xs:pattern value="\p{L}+"/></xs:restriction>'
        "</xs:simpleType></xs:element></xs:schema>"
    )
    findings: list[Finding] = []
    item = Document("<a>日本</a>".encode(), Where(Stream("file")))
    ForeignDocuments(path, restricted=False).judge(item, findings)
    SecondOpinion(path, alone=False).judge(item, findings)
    assert [finding.rule.name for finding in findings] == ["wrong-value", "engines-disagree"]
    assert findings[-1].sentence == "libxml2 refuses the document, xmlschema accepts it."
