from __future__ import annotations

from pathlib import Path

import pytest

from schema.tools.components import documentation, elements, is_builtin, load, local
from schema.tools.judging.foreign import BadSchema
from tests.schema.tools.comparing.versions import CHAT, edited, ours, schema

OURS = ours()


def test_the_children_in_groups_and_in_the_place_of_others() -> None:
    body = (
        '<xs:element name="head" type="xs:string"/><xs:element name="other" substitutionGroup="head"/>'
        '<xs:complexType name="T"><xs:sequence><xs:element ref="head"/>'
        + '<xs:choice><xs:element name="a"/><xs:element name="b"/></xs:choice>'
        + "</xs:sequence>"
        "</xs:complexType>"
    )
    assert set(elements(schema(body).types["T"].content)) == {"head", "other", "a", "b"}


@pytest.mark.parametrize(("name", "inside"), [("{urn:x}a", "a"), ("a", "a"), (None, "*")])
def test_a_name_without_its_namespace(name: str | None, inside: str) -> None:
    assert local(name) == inside


def test_what_is_said_of_a_declaration_is_one_line() -> None:
    assert documentation(OURS.types["Flag"]) == "Never `1` or `0`. White space around it means nothing."
    assert documentation(OURS.elements["pm"]) == ""


def test_which_types_are_xsd_s_own() -> None:
    text = OURS.types["Text"]
    assert (is_builtin(text), is_builtin(text.base_type)) == (False, True)


@pytest.mark.parametrize("text", ["", "<a/>", "not xml", CHAT[:-20], CHAT.replace('base="xs:long"', 'base="xs:lang"')])
def test_what_is_no_schema_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.xsd"
    path.write_text(text)
    with pytest.raises(BadSchema, match="is no XSD that can be read"):
        load(path)


def test_nothing_is_fetched_and_no_entity_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.xsd"
    path.write_text('<!DOCTYPE x [<!ENTITY e "e">]>' + edited())
    with pytest.raises(BadSchema):
        load(path)
    with pytest.raises(BadSchema):
        load(tmp_path / "missing.xsd")
