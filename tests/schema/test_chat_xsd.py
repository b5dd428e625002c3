"""The schema itself: what keeps it meaning the same in every engine."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest
from lxml import etree

from schema.messages import MESSAGES, NAMESPACE, Message
from schema.validity import XSD as FILE
from schema.written import written
from tests.schema.strategies import VALUES, XS, XSD, attribute_types, child_types, type_of

FOREIGN_TO_SOME_ENGINE = ("import", "include", "redefine", "list", "union", "all", "group", "key", "keyref", "unique")


def test_it_compiles() -> None:
    assert etree.XMLSchema(etree.parse(FILE))


def test_it_has_one_global_element_for_each_message_in_the_same_order() -> None:
    assert [node.get("name") for node in XSD.iterchildren(f"{XS}element")] == list(MESSAGES)


def test_it_allows_no_derivation_in_a_document() -> None:
    assert XSD.get("blockDefault") == "#all"
    assert XSD.get("targetNamespace") == NAMESPACE
    assert XSD.get("elementFormDefault") == "qualified"


@pytest.mark.parametrize("construct", FOREIGN_TO_SOME_ENGINE)
def test_it_does_without(construct: str) -> None:
    assert XSD.find(f".//{XS}{construct}") is None


@pytest.mark.parametrize("attribute", ["nillable", "default", "fixed", "mixed", "abstract", "substitutionGroup"])
def test_it_uses_no_attribute(attribute: str) -> None:
    assert [node.tag for node in XSD.iter(etree.Element) if node.get(attribute) is not None] == []


def test_its_patterns_have_plain_ranges_only() -> None:
    for node in XSD.iter(f"{XS}pattern"):
        pattern = str(node.get("value"))
        assert pattern.isascii()
        assert not any(escape in pattern for escape in (r"\p", r"\P", r"\w", r"\d", r"\s", r"\i", r"\c", "^", "$"))


def test_its_simple_types_are_made_from_three_types_only() -> None:
    bases = {str(node.get("base")) for node in XSD.iter(f"{XS}restriction")}
    assert bases <= {"xs:string", "xs:long", "xs:boolean"}


def test_no_type_has_the_name_of_an_element_nor_one_that_a_language_takes() -> None:
    """A generator that writes both with a capital would number the classes: Login and Login1."""
    types = {str(node.get("name")) for node in XSD if node.tag in (f"{XS}simpleType", f"{XS}complexType")}
    classes = {str(node.get("name")).capitalize() for node in XSD.iterchildren(f"{XS}element")}
    assert (
        types & (classes | {"Error", "List", "Exception", "Object", "String", "Thread", "Process", "Iterable"}) == set()
    )


def test_its_types_are_named_and_never_nested() -> None:
    types = [*XSD.iter(f"{XS}simpleType"), *XSD.iter(f"{XS}complexType")]
    assert all(node.getparent() is XSD and node.get("name") for node in types)


def test_its_loosest_cap_is_one_that_every_engine_can_count() -> None:
    assert all(node.get("maxOccurs") in (None, "1", "unbounded") for node in XSD.iter(etree.Element))


@pytest.mark.parametrize("message", MESSAGES.values())
def test_its_types_and_the_classes_declare_the_same(message: type[Message]) -> None:
    declared = type_of(message.element)
    hints = get_type_hints(message)
    in_class = {
        (how.name, how.child): type(None) not in get_args(hints[spec.name])
        for spec in fields(message)
        for how in [written(spec)]
        if not how.many
    }
    in_schema = {(name, False): required for name, (_, required) in attribute_types(declared).items()}
    many = {written(spec).name for spec in fields(message) if written(spec).many}
    in_schema |= {
        (name, True): required
        for name, (_, required) in child_types(declared).items()
        if name != "ext" and name not in many
    }
    assert in_class == in_schema


@pytest.mark.parametrize("message", MESSAGES.values())
def test_every_document_has_room_for_extensions(message: type[Message]) -> None:
    assert list(child_types(type_of(message.element)).items())[-1] == ("ext", ("Extensions", False))


@pytest.mark.parametrize("message", MESSAGES.values())
def test_numbers_and_flags_are_so_on_both_sides(message: type[Message]) -> None:
    kinds: dict[str, Any] = {"Number": int, "Flag": bool}
    types = attribute_types(type_of(message.element))
    for spec in fields(message):
        how = written(spec)
        if not how.child:
            hint = get_type_hints(message)[spec.name]
            assert kinds.get(types[how.name][0], str) in (hint, *get_args(hint))


def test_the_strategies_know_every_simple_type() -> None:
    assert set(VALUES) == {str(node.get("name")) for node in XSD.iter(f"{XS}simpleType")}
