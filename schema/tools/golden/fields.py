"""What a valid document says, read by the types of chat.xsd alone."""

from __future__ import annotations

from typing import Any

from lxml import etree

from schema.messages import NAMESPACE
from schema.validity import schema_tree

_XS = "{http://www.w3.org/2001/XMLSchema}"


def _types() -> dict[str, etree._Element]:
    return {str(node.get("name")): node for node in schema_tree.getroot().iterchildren(f"{_XS}complexType")}


def fields_of(root: etree._Element) -> dict[str, Any]:
    """What a valid document says: attributes and elements by name; a list for an element that may come often.

    Every value is text, without the white space that may stand around a number or a flag.
    """
    declared = schema_tree.getroot().find(f"{_XS}element[@name='{etree.QName(root).localname}']")
    assert declared is not None
    return _fields(root, _types()[str(declared.get("type"))])


def _fields(node: etree._Element, declared: etree._Element) -> dict[str, Any]:
    # No attribute but a number or a flag has white space at its ends.
    fields: dict[str, Any] = {str(name): str(value).strip() for name, value in node.attrib.items()}
    for spec in declared.iterfind(f"{_XS}sequence/{_XS}element"):
        name, inside = str(spec.get("name")), _types().get(str(spec.get("type")))
        if name == "ext":
            continue  # Whoever does not know an extension passes over it.
        found = [
            (child.text or "") if inside is None else _fields(child, inside)
            for child in node.iterchildren(f"{{{NAMESPACE}}}{name}")
        ]
        if spec.get("maxOccurs") == "unbounded":
            fields[name] = found
        elif found:
            fields[name] = found[0]
    return fields
