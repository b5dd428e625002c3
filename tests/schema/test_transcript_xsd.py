"""transcript.xsd, by the rules that keep chat.xsd meaning the same in every engine."""

from __future__ import annotations

import pytest
from lxml import etree

from schema.tools.sealing.chain import NAMESPACE
from schema.tools.sealing.reading import XSD
from tests.schema.strategies import XS
from tests.schema.test_chat_xsd import FOREIGN_TO_SOME_ENGINE

SCHEMA = etree.parse(XSD).getroot()


@pytest.mark.parametrize("construct", [name for name in FOREIGN_TO_SOME_ENGINE if name != "import"])
def test_it_does_without(construct: str) -> None:
    assert SCHEMA.find(f".//{XS}{construct}") is None


def test_it_imports_what_stands_beside_it_and_nothing_else() -> None:
    (imported,) = SCHEMA.iter(f"{XS}import")
    assert dict(imported.attrib) == {"namespace": "urn:xmlchat:1", "schemaLocation": "chat.xsd"}
    assert XSD.with_name("chat.xsd").is_file()


def test_it_allows_no_derivation_and_no_element_that_it_does_not_name() -> None:
    assert SCHEMA.get("blockDefault") == "#all"
    assert SCHEMA.get("targetNamespace") == NAMESPACE
    assert SCHEMA.get("elementFormDefault") == "qualified"
    assert SCHEMA.find(f".//{XS}any") is None


def test_its_patterns_have_plain_ranges_only() -> None:
    for node in SCHEMA.iter(f"{XS}pattern"):
        pattern = str(node.get("value"))
        assert not any(escape in pattern for escape in (r"\p", r"\P", r"\w", r"\d", r"\s", r"\i", r"\c", "^", "$"))


def test_its_types_are_named_and_never_nested() -> None:
    types = [*SCHEMA.iter(f"{XS}simpleType"), *SCHEMA.iter(f"{XS}complexType")]
    assert all(node.getparent() is SCHEMA and node.get("name") for node in types)
    assert {str(node.get("base")) for node in SCHEMA.iter(f"{XS}restriction")} <= {"xs:string", "xs:long"}
