"""Messages to test with, made from what messages.py declares and chat.xsd allows."""

from __future__ import annotations

from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from lxml import etree

from schema.messages import MESSAGES, Message
from schema.written import written

XS = "{http://www.w3.org/2001/XMLSchema}"
XSD = etree.parse(Path(__file__).parents[2] / "schema" / "chat.xsd").getroot()

#: What encoders and readers of XML stumble over.
AWKWARD = (
    *("&", "<", ">", '"', "'", "]]>", "&amp;", "&#13;", "<text>", "<!--", "<![CDATA["),
    *("\r", "\n", "\r\n", "\t", " ", "  "),
    *("\u0085", "\u009b31m", "\u007f", "\u2028", "\u202e", "\ufeff", "\ufffd", "\U0010ffff"),
    *("😀", "👩\u200d👩\u200d👧", "e\u0301", "你好", "안녕", "שלום", "مرحبا"),
)

_CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
TEXTS = st.lists(_CHARACTERS | st.sampled_from(AWKWARD), max_size=40).map("".join)


def _pattern_of(simple_type: str) -> st.SearchStrategy[str]:
    found = XSD.find(f"{XS}simpleType[@name='{simple_type}']/{XS}restriction/{XS}pattern")
    assert found is not None
    return st.from_regex(str(found.get("value")), fullmatch=True)


#: The values of each simple type of chat.xsd.
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{
        name: _pattern_of(name)
        for name in ("Id", "Name", "Token", "Label", "Uri", "Path", "Time", "Invitation", "Address")
    },
    "Number": st.integers(0, 10**18 - 1),
    "Flag": st.booleans(),
    "Text": TEXTS,
    "Password": TEXTS.filter(bool),
}


def attribute_types(complex_type: str) -> dict[str, tuple[str, bool]]:
    """For each attribute of a complex type its simple type, and whether it has to be there."""
    found = XSD.iterfind(f"{XS}complexType[@name='{complex_type}']/{XS}attribute")
    return {str(node.get("name")): (str(node.get("type")), node.get("use") == "required") for node in found}


def child_types(complex_type: str) -> dict[str, tuple[str, bool]]:
    """For each child of a complex type its type, and whether it has to be there."""
    found = XSD.iterfind(f"{XS}complexType[@name='{complex_type}']/{XS}sequence/{XS}element")
    return {str(node.get("name")): (str(node.get("type")), node.get("minOccurs") != "0") for node in found}


def type_of(element: str) -> str:
    """The complex type of a document."""
    found = XSD.find(f"{XS}element[@name='{element}']")
    assert found is not None
    return str(found.get("type"))


def messages_of(message: type[Message]) -> st.SearchStrategy[Message]:
    return _built(message, type_of(message.element))


def _built(item: type[Any], declared: str) -> st.SearchStrategy[Any]:
    return st.builds(item, **{spec.name: _field(spec, declared) for spec in fields(item)})


def _field(spec: Field[Any], declared: str) -> st.SearchStrategy[Any]:
    how = written(spec)
    if not how.child:
        simple, required = attribute_types(declared)[how.name]
        return VALUES[simple] if required else st.none() | VALUES[simple]
    held, required = child_types(declared)[how.name]
    if not how.many:
        return VALUES[held] if required else st.none() | VALUES[held]
    return st.lists(_item(how.item, how.only, held), min_size=int(required), max_size=3).map(tuple)


def _item(item: type[Any], only: str | None, held: str) -> st.SearchStrategy[Any]:
    if held in VALUES:
        return VALUES[held]
    return VALUES[attribute_types(held)[only][0]] if only is not None else _built(item, held)


MESSAGES_OF_ALL_KINDS = st.one_of(*map(messages_of, MESSAGES.values()))
