"""What is wrong with a document that the schema refuses, in words for a person.

libxml2's own sentences name types and facets, and repeat the value raw; these say what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from lxml import etree

from schema.errors import Refusal
from schema.messages import NAMESPACE
from schema.places import named, path_of, place_of, quoted

#: What the simple types of chat.xsd want, for a person who has not read it.
WANTED: dict[str, str] = {
    "Id": "1 to 64 of the characters A-Z a-z 0-9 . _ : @ / + = -",
    "Name": "1 to 32 of the characters a-z 0-9 . _ -, the first a letter; names are lower case",
    "Token": "1 to 64 of the characters a-z 0-9 -, the first a letter",
    "Label": "1 to 64 printable ASCII characters, no space at the ends",
    "Uri": "1 to 256 printable ASCII characters without spaces",
    "Path": "a path such as /pm/text",
    "Number": "1 to 18 digits without a sign",
    "Flag": "true or false",
    "Time": "a UTC time such as 2026-01-31T23:59:59.000Z",
    "Text": "a text of up to 16,384 characters",
    "Password": "a password of 1 to 1,024 characters",
    "Invitation": "1 to 64 of the characters A-Z a-z 0-9 -",
    "Address": "an IPv4 or IPv6 address such as 192.0.2.7 or 2001:db8::/48",
}

# Names and namespaces hold no spaces; the value, which follows and may say anything, must not be taken for one.
_ATTRIBUTE = re.compile(r"Element '[^ ]*'(?:, attribute|: The attribute) '([^ ]*)'")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (.*) \)\.")
_PATTERN = re.compile(r"pattern '([^']*)'\.$")


def explain(document: bytes, root: etree._Element, error: etree._LogEntry, schema: etree._Element) -> Refusal:
    """The refusal for the first error of a validation.

    `schema` is the tree of the XSD, `document` the octets that `root` was parsed from.
    """
    node = _find(root, error)
    found = _ATTRIBUTE.match(error.message)
    attribute = found[1].rpartition("}")[2] if found else None
    if attribute is not None and error.type_name == "SCHEMAV_CVC_COMPLEX_TYPE_4":
        sentence = f"The attribute {quoted(attribute)} of {named(node)} is missing."
        attribute = None
    else:
        sentence = _SENTENCES.get(error.type_name, _value)(node, attribute, error.message, schema)
    place = place_of(document, node, attribute)
    return Refusal(
        "invalid",
        sentence,
        at=path_of(node, attribute),
        line=place.line,
        column=place.column,
        offset=place.offset,
    )


def _find(root: etree._Element, error: etree._LogEntry) -> etree._Element:
    """The element that libxml2 names by a path such as /*/*[2] or /c:pm/c:text.

    Not left to XPath, which takes one namespace for each prefix: a document may have several.
    """
    node, choice = root, [root]
    for step in (error.path or "/*").split("/")[1:]:
        name, _, number = step.rstrip("]").partition("[")
        same = [other for other in choice if name in ("*", _prefixed(other))]
        if len(same) < int(number or 1):
            break
        node = same[int(number or 1) - 1]
        choice = list(node.iterchildren(etree.Element))
    return node


def _prefixed(node: etree._Element) -> str:
    local = etree.QName(node).localname
    return f"{node.prefix}:{local}" if node.prefix else local


def _content(node: etree._Element, _attribute: str | None, message: str, _schema: etree._Element) -> str:
    found = _EXPECTED.search(message)
    if found and "##other" in found[1]:
        return f"{named(node)} has no place here; expected an element of another namespace."
    names = re.findall(r"\{[^{}]*\}([^\s,]+)", found[1]) if found else []
    expected = " or ".join(names)
    if "Missing child" in message:
        return f"{named(node)} is incomplete: it needs {expected or 'another element'} inside."
    if expected and etree.QName(node).namespace != NAMESPACE:
        return f"{named(node)} is not in the namespace of this protocol; expected {expected} of it."
    if expected:
        return f"{named(node)} has no place here; expected {expected}."
    return f"{named(node)} has no place here; nothing more is expected."


def _no_attribute(node: etree._Element, attribute: str | None, _message: str, _schema: etree._Element) -> str:
    return f"{named(node)} has no attribute {quoted(attribute or '')}."


def _stray_text(node: etree._Element, _attribute: str | None, _message: str, _schema: etree._Element) -> str:
    return f"{named(node)} holds text of its own; text belongs into an element inside it."


def _nothing_inside(node: etree._Element, _attribute: str | None, _message: str, _schema: etree._Element) -> str:
    return f"{named(node)} holds nothing, neither elements nor text nor white space."


def _only_text(node: etree._Element, _attribute: str | None, _message: str, _schema: etree._Element) -> str:
    return f"{named(node)} holds plain text only, no elements. Write '<' as '&lt;'."


def _value(node: etree._Element, attribute: str | None, message: str, schema: etree._Element) -> str:
    where = f"The attribute {quoted(attribute)}" if attribute is not None else f"The text of {named(node)}"
    value = node.get(attribute) if attribute is not None else node.text
    wanted = WANTED.get(_type_named(message, schema) or _type_of(node, attribute, schema), "another value")
    if wanted in (WANTED["Password"], WANTED["Invitation"]):
        return f"{where} is not valid: expected {wanted}."
    return f"{where} is {quoted(value or '')}; expected {wanted}."


def _type_named(message: str, schema: etree._Element) -> str:
    """The simple type whose pattern libxml2 quotes."""
    found = _PATTERN.search(message)
    return _patterns(schema).get(found[1], "") if found else ""


@cache
def _patterns(schema: etree._Element) -> dict[str, str]:
    xs = "{http://www.w3.org/2001/XMLSchema}"
    return {
        str(pattern.get("value")): str(simple.get("name"))
        for simple in schema.iter(f"{xs}simpleType")
        for pattern in simple.iter(f"{xs}pattern")
    }


def _type_of(node: etree._Element, attribute: str | None, schema: etree._Element) -> str:
    """The simple type that the schema gives to this element or attribute, by its declarations."""
    name = attribute if attribute is not None else etree.QName(node).localname
    kind = "attribute" if attribute is not None else "element"
    for declared in schema.iter(f"{{http://www.w3.org/2001/XMLSchema}}{kind}"):
        if declared.get("name") == name and declared.get("type") in WANTED:
            return str(declared.get("type"))
    return ""


_SENTENCES: dict[str, Callable[[etree._Element, str | None, str, etree._Element], str]] = {
    "SCHEMAV_ELEMENT_CONTENT": _content,
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": _no_attribute,
    "SCHEMAV_CVC_TYPE_3_1_1": _no_attribute,
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": _nothing_inside,
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": _stray_text,
    "SCHEMAV_CVC_TYPE_3_1_2": _only_text,
}
