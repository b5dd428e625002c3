"""Where in a document something stands, for people: parsers give a line at best, and no column."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

#: Characters of a foreign value that a sentence of ours repeats: enough to recognise it.
MAX_QUOTED = 40

_ATTRIBUTE = re.compile(rb"""\s+([^\s=/>]+)\s*=\s*(?:"[^"]*"|'[^']*')""")


@dataclass(frozen=True, slots=True)
class Place:
    """`line` and `column` count from 1, in characters; `offset` counts octets from 0."""

    line: int
    column: int
    offset: int


def quoted(value: str) -> str:
    """A value of somebody else's, safe to print: short, ASCII, in quotes."""
    short = value if len(value) <= MAX_QUOTED else value[: MAX_QUOTED - 3] + "..."
    return ascii(short)


def named(node: etree._Element) -> str:
    """An element's name, its namespace set aside, safe to print."""
    return quoted(etree.QName(node).localname)


def place_at(document: bytes, offset: int) -> Place:
    before = document[:offset].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"), offset)


def place_of(document: bytes, node: etree._Element, attribute: str | None = None) -> Place:
    """The place of an element's tag, or of an attribute in it. `document` has been parsed, so it is well-formed."""
    wanted = next(i for i, other in enumerate(node.getroottree().iter(etree.Element)) if other is node)
    offset = _tag_offset(document, wanted)
    if attribute is not None:
        offset = _attribute_offset(document, offset, attribute)
    return place_at(document, offset)


def path_of(node: etree._Element, attribute: str | None = None) -> str | None:
    """As /pm/text or /pm/@room; None where a name in it is not plain ASCII or the path is long."""
    names = [etree.QName(step).localname for step in (*reversed([*node.iterancestors()]), node)]
    path = "/" + "/".join(names) + (f"/@{attribute}" if attribute else "")
    return path if re.fullmatch(r"/[!-~]{0,255}", path) else None


def _tag_offset(document: bytes, wanted: int) -> int:
    """The octet at which the start tag of the element number `wanted` begins, in document order."""
    parser = expat.ParserCreate()
    seen = -1
    offset = 0

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal seen, offset
        seen += 1
        if seen == wanted:
            offset = parser.CurrentByteIndex

    parser.StartElementHandler = start
    # expat keeps to the names of XML 1.0's fourth edition, libxml2 to the fifth, which allows far more.
    with suppress(expat.ExpatError):
        parser.Parse(document, True)
    return offset


def _attribute_offset(document: bytes, tag: int, attribute: str) -> int:
    start = re.compile(rb"<[^\s/>]+").match(document, tag)
    position = start.end() if start else tag
    while found := _ATTRIBUTE.match(document, position):
        if found[1].rpartition(b":")[2] == attribute.encode():
            return found.start(1)
        position = found.end()
    return tag
