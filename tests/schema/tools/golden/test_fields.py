from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from schema.tools.golden.fields import fields_of
from tests.schema.strategies import XS, XSD


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ('<ex id="1"/>', {"id": "1"}),
        ('<pm id="1"><text> a\n</text></pm>', {"id": "1", "text": " a\n"}),
        ('<pm id="1"><text/></pm>', {"id": "1", "text": ""}),
        ('<pm id="1"><text>a</text><ext><text xmlns="urn:x"/></ext></pm>', {"id": "1", "text": "a"}),
        ('<resumed seq=" 7&#10;"/>', {"seq": "7"}),
        ('<users room="x"/>', {"room": "x", "user": []}),
        (
            '<users room="x"><user name="a" away="true"/></users>',
            {"room": "x", "user": [{"name": "a", "away": "true"}]},
        ),
        ('<kick id="1" user="a"/>', {"id": "1", "user": "a"}),
    ],
)
def test_attributes_and_elements_by_name(document: str, fields: dict[str, Any]) -> None:
    root = etree.fromstring(document.replace(" ", ' xmlns="urn:xmlchat:1" ', 1))
    assert fields_of(root) == fields


def test_no_attribute_has_the_name_of_an_element_beside_it() -> None:
    for declared in XSD.iterchildren(f"{XS}complexType"):
        attributes = {node.get("name") for node in declared.iterchildren(f"{XS}attribute")}
        elements = {node.get("name") for node in declared.iterfind(f"{XS}sequence/{XS}element")}
        assert attributes & elements == set()
