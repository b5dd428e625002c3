from __future__ import annotations

import pytest
from lxml import etree

from schema.tools.judging.declarations import Declarations
from schema.validity import XSD

LINES = XSD.read_text(encoding="utf-8").splitlines()
OURS = Declarations(etree.parse(XSD), "schema/chat.xsd")

# Another style: types without a name, references, and a type that extends another.
OTHER = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:x" targetNamespace="urn:x">
<xs:element name="order"><xs:complexType><xs:sequence>
<xs:element ref="item"/>
</xs:sequence></xs:complexType></xs:element>
<xs:element name="item" type="Long"/>
<xs:complexType name="Short">
<xs:attribute name="id" type="xs:int"/></xs:complexType>
<xs:complexType name="Long"><xs:complexContent><xs:extension base="Short">
<xs:attribute name="more" type="xs:string"/></xs:extension></xs:complexContent></xs:complexType>
</xs:schema>"""
FOREIGN = Declarations(etree.ElementTree(etree.fromstring(OTHER)), "other.xsd")


@pytest.mark.parametrize(
    ("path", "type", "line"),
    [
        ("/pm/@room", "Name", 'name="room" type="Name"'),
        ("/pm/text", "Text", 'name="text" type="Text"'),
        ("/pm", "PmDocument", 'name="pm" type="PmDocument"'),
        ("/pm/@colour", "PmDocument", '<xs:complexType name="PmDocument">'),
        ("/page/broadcast/@seq", "Number", 'name="seq" type="Number"'),
    ],
)
def test_the_line_of_our_schema(path: str, type: str, line: str) -> None:
    found = OURS.at(path)
    assert found is not None
    assert found.type == type
    assert line in LINES[found.line - 1]


@pytest.mark.parametrize(
    ("path", "line", "type"),
    [("/order/item", 5, "Long"), ("/order/item/@id", 7, "int"), ("/item/@more", 9, "string"), ("/order/x", 2, None)],
)
def test_other_styles_of_schema_are_followed_too(path: str, line: int, type: str | None) -> None:
    found = FOREIGN.at(path)
    assert found is not None
    assert (found.line, found.type) == (line, type)


@pytest.mark.parametrize("path", ["/nothing", "/nothing/@x"])
def test_what_is_not_declared_has_no_line(path: str) -> None:
    assert OURS.at(path) is None
