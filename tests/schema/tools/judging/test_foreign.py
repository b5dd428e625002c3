from __future__ import annotations

from pathlib import Path

import pytest

from schema.tools.inputs.item import Document, Stream, Where
from schema.tools.judging.foreign import BadSchema, ForeignDocuments
from schema.tools.rules.finding import Finding

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:shop" xmlns="urn:shop"
    elementFormDefault="qualified">
  <xs:element name="order"><xs:complexType><xs:sequence>
    <xs:element name="item" type="Item" maxOccurs="unbounded"/>
    <xs:element name="password" type="Word" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:complexType name="Item"><xs:attribute name="count" type="xs:int" use="required"/></xs:complexType>
  <xs:simpleType name="Word"><xs:restriction base="xs:string"><xs:maxLength value="4"/></xs:restriction></xs:simpleType>
</xs:schema>"""


@pytest.fixture
def xsd(tmp_path: Path) -> Path:
    path = tmp_path / "shop.xsd"
    path.write_text(XSD)
    return path


def found(xsd: Path, octets: bytes, *, restricted: bool = False) -> list[Finding]:
    findings: list[Finding] = []
    ForeignDocuments(xsd, restricted=restricted).judge(Document(octets, Where(Stream("file"))), findings)
    return findings


def order(inside: str) -> bytes:
    return f'<order xmlns="urn:shop">{inside}</order>'.encode()


def test_a_valid_document(xsd: Path) -> None:
    assert found(xsd, order('<item count="1"/><!-- remark -->')) == []


@pytest.mark.parametrize(
    ("octets", "rule", "place", "line", "type"),
    [
        (order('\n<item count="1"/>\n<item count="many"/>'), "wrong-value", (3, 7), 7, "int"),
        (order("<item/>"), "missing-attribute", (1, 25), 4, "Item"),
        (order('<item count="1" x="y"/>'), "unknown-attribute", (1, 41), 7, "Item"),
        (order("<thing/>"), "misplaced-element", (1, 25), 3, None),
        (order(""), "missing-element", (1, 1), 3, None),
        (b"<other/>", "unknown-element", (1, 1), None, None),
        (b"<order>", "not-well-formed", (1, 8), None, None),
        (b"\xff\xfe<\0", "byte-order-mark", None, None, None),
        (b"<!DOCTYPE order>" + order(""), "doctype", None, None, None),
    ],
)
def test_what_is_wrong_is_found_by_layer_with_its_line_in_their_schema(
    xsd: Path, octets: bytes, rule: str, place: tuple[int, int] | None, line: int | None, type: str | None
) -> None:
    [finding] = found(xsd, octets)
    assert finding.rule.name == rule
    assert (finding.line, finding.column) == (place or (None, None))
    assert (finding.declared.line if finding.declared else None) == line
    if type is not None:
        assert finding.declared is not None
        assert finding.declared.type == type


def test_restricted_xml_is_asked_for_only_where_it_is_wanted(xsd: Path) -> None:
    octets = order('<item count="1"/><!-- remark -->')
    assert found(xsd, octets) == []
    [finding] = found(xsd, octets, restricted=True)
    assert finding.rule.name == "comment"


def test_their_passwords_are_blanked_too(xsd: Path) -> None:
    [finding] = found(xsd, order('<item count="1"/><password>hunter2</password>'))
    assert "hunter2" not in str(finding.as_fields())


@pytest.mark.parametrize("text", ["", "<xs:schema", "<a/>"])
def test_what_is_no_schema_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.xsd"
    path.write_text(text)
    with pytest.raises(BadSchema, match="is no XSD"):
        ForeignDocuments(path, restricted=False)
