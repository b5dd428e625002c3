"""Documents on both sides of every limit that chat.xsd draws, made from chat.xsd alone.

Of each simple type the values around its facets and each part of its patterns, and of each document what may be left
out, doubled, misplaced or added. A type or a document that is new in the schema is in here without another word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from schema.messages import NAMESPACE
from schema.validity import XSD
from tests.engines.patterns import sample, variations

XS = "{http://www.w3.org/2001/XMLSchema}"

EMOJI = "\U0001f600"

#: What some engine has been known to take, or to trip over, whatever the type.
ODD = (
    *("", " ", "\t", "\n", "\r", "x", "X", "5", " 5", "5 ", "\t5", "5\n", "5 5", "+5", "-5", "-0", "+0", "007", "0"),
    *("5.0", "5e3", "0x10", "1_000", "NaN", "INF", "true", "false", "1", "TRUE", "True", " true ", "\ntrue"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551616", "0" * 40, "9" * 400),
    *("2016-12-31T23:59:60.000Z", "2026-12-31T24:00:00.000Z", "2026-02-30T00:00:00.000Z", "0000-01-01T00:00:00.000Z"),
    *("2026-03-01T09:00:07.250z", "2026-03-01T09:00:07Z", "2026-03-01T09:00:07.250+00:00", " 2026-03-01T09:00:07.250Z"),
    *(
        "192.0.2.7",
        "::ffff:192.0.2.7",
        "2001:db8::/48",
        "٥",
        "５",
        "é",
        "e\u0301",
        "ſ",
        "\u212a",
        "ı",
        "\u00a05",
        "5\u3000",
    ),
    *("\u0085", "\u2028", "\ufeff5", "\u007f", "\u200d", "\ufffd", "你好", "안녕", EMOJI, "\U0010ffff", "a" * 5000),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A document, and for one about a simple type the type and the value."""

    name: str
    document: bytes
    type: str | None = None
    value: str | None = None


Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Element:
    """An element that is to be written: attributes in any order, children in theirs, or a text."""

    name: str
    attributes: Attributes = ()
    children: tuple[_Element, ...] = ()
    text: str = ""

    def write(self, namespace: str = "") -> str:
        attributes = "".join(f" {name}={_quoted(value)}" for name, value in self.attributes)
        inside = "".join(child.write() for child in self.children) + _escaped(self.text)
        start = f"<{self.name}{namespace}{attributes}"
        return f"{start}>{inside}</{self.name}>" if inside else f"{start}/>"

    @property
    def document(self) -> bytes:
        return self.write(f' xmlns="{NAMESPACE}"').encode()


_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: A raw one of these would be another character when it is read.
_REFERENCES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def _escaped(text: str) -> str:
    return escape(text, _REFERENCES)


def _quoted(value: str) -> str:
    return quoteattr(value, _REFERENCES)


_SCHEMA = etree.parse(XSD).getroot()
SIMPLE = {str(node.get("name")): node for node in _SCHEMA.iterchildren(f"{XS}simpleType")}
COMPLEX = {str(node.get("name")): node for node in _SCHEMA.iterchildren(f"{XS}complexType")}
ROOTS = {str(node.get("name")): str(node.get("type")) for node in _SCHEMA.iterchildren(f"{XS}element")}


def facets(simple: str) -> dict[str, str]:
    """Facet → value, and `base`."""
    (restriction,) = SIMPLE[simple].iterchildren(f"{XS}restriction")
    found = {etree.QName(node).localname: str(node.get("value")) for node in restriction}
    return {"base": str(restriction.get("base")), **found}


@cache
def valid_value(simple: str) -> str:
    given = facets(simple)
    return sample(given["pattern"]) if "pattern" in given else "x" * max(1, int(given.get("minLength", 1)))


def values(simple: str) -> list[str]:
    """Around all limits of a simple type, each once."""
    given = facets(simple)
    around = list(variations(given["pattern"])) if "pattern" in given else []
    for limit in (int(given[name]) for name in ("minLength", "maxLength", "length") if name in given):
        for count in (limit - 1, limit, limit + 1, limit // 2, limit // 2 + 1):
            around += [character * count for character in ("x", "é", EMOJI)]
    padded = [
        f" {valid_value(simple)}",
        f"{valid_value(simple)}\n",
        f"{valid_value(simple)}{EMOJI}",
        f"\u00a0{valid_value(simple)}",
    ]
    return [value for value in dict.fromkeys([*around, *padded, *ODD]) if not _NO_XML.search(value)]


def cases() -> Iterator[Case]:
    for simple in SIMPLE:
        for number, value in enumerate(values(simple)):
            yield Case(f"value-{simple}-{number:03}", _carrying(simple, value).document, simple, value)
    for root in ROOTS:
        for what, element in _shapes(root):
            yield Case(f"shape-{root}-{what}", element.document)


def _carrying(simple: str, value: str) -> _Element:
    """The shortest document that has a place for this type, with the value in it."""
    root, index = _carrier(simple)
    return list(_with(root, ROOTS[root], simple, value))[index]


@cache
def _carrier(simple: str) -> tuple[str, int]:
    """Its root, and which of its places."""
    places = [
        (len(element.document), root, index)
        for root, kind in ROOTS.items()
        for index, element in enumerate(_with(root, kind, simple, valid_value(simple)))
    ]
    _, root, index = min(places)
    return root, index


def _with(name: str, kind: str, simple: str, value: str) -> Iterator[_Element]:
    least = _least(name, kind)
    for attribute in _attributes(kind):
        if attribute.get("type") == simple:
            attributes = {**dict(least.attributes), str(attribute.get("name")): value}
            yield replace(least, attributes=tuple(attributes.items()))
    for child in _children(kind):
        held = str(child.get("type"))
        if held == simple:
            inside = [_Element(str(child.get("name")), text=value)]
        else:
            inside = list(_with(str(child.get("name")), held, simple, value)) if held in COMPLEX else []
        yield from (_in_place(least, kind, one) for one in inside)


def _in_place(parent: _Element, kind: str, child: _Element) -> _Element:
    """The element with this child, in place of another of that name and in the order of the schema."""
    order = [str(node.get("name")) for node in _children(kind)]
    others = [one for one in parent.children if one.name != child.name]
    return replace(parent, children=tuple(sorted([*others, child], key=lambda one: order.index(one.name))))


def _attributes(kind: str) -> list[etree._Element]:
    return list(COMPLEX[kind].iterchildren(f"{XS}attribute"))


def _children(kind: str) -> list[etree._Element]:
    return list(COMPLEX[kind].iterfind(f"{XS}sequence/{XS}element"))


def _least(name: str, kind: str) -> _Element:
    """With nothing that may be left out."""
    return _built(name, kind, whole=False)


def _whole(name: str, kind: str) -> _Element:
    """With everything that may be there, once."""
    return _built(name, kind, whole=True)


def _built(name: str, kind: str, *, whole: bool) -> _Element:
    if kind in SIMPLE:
        return _Element(name, text=valid_value(kind))
    attributes = tuple(
        (str(node.get("name")), valid_value(str(node.get("type"))))
        for node in _attributes(kind)
        if whole or node.get("use") == "required"
    )
    children = tuple(
        _built(str(node.get("name")), str(node.get("type")), whole=whole)
        for node in _children(kind)
        if whole or node.get("minOccurs") != "0"
    )
    return _Element(name, attributes, children)


def _shapes(root: str) -> Iterator[tuple[str, _Element]]:
    """A document with what it may and may not have."""
    kind = ROOTS[root]
    least, whole = _least(root, kind), _whole(root, kind)
    yield "least", least
    yield "whole", whole
    for name, _ in whole.attributes:
        rest = tuple(one for one in whole.attributes if one[0] != name)
        yield f"without-attribute-{name}", replace(whole, attributes=rest)
    for index, child in enumerate(whole.children):
        before, after = whole.children[:index], whole.children[index + 1 :]
        yield f"without-{child.name}", replace(whole, children=(*before, *after))
        yield f"twice-{child.name}", replace(whole, children=(*before, child, child, *after))
        yield f"last-{child.name}", replace(whole, children=(*before, *after, child))
    yield "more-attributes", replace(whole, attributes=(*whole.attributes, ("more-of-it", "x")))
    yield "more-children", replace(whole, children=(*whole.children, _Element("more-of-it")))
    yield "text", replace(whole, text="x")
    yield "white-space", replace(whole, text=" \n")
    yield "unknown", replace(whole, name=f"{root}-to-come")
