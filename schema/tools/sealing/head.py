"""The head of a transcript: what is in it, of what, and when and how it was made."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from schema.tools.sealing.chain import NAMESPACE, canonical
from schema.tools.sealing.selection import Selection

_METHODS = {
    "canonical": "http://www.w3.org/2001/10/xml-exc-c14n#",
    "digest": "http://www.w3.org/2001/04/xmlenc#sha256",
}
_ORIGIN = f"{{{NAMESPACE}}}origin"

#: Characters of the origin, as in transcript.xsd.
MAX_ORIGIN = 256


@dataclass(frozen=True, slots=True)
class Head:
    """`first` and `last` are seqs, None where there is no message. `key` is that of the signature, in hexadecimal.

    `unread` counts what could not be read of the source.
    """

    origin: str
    source: str
    made: str
    count: int
    first: int | None
    last: int | None
    selection: Selection
    unread: int = 0
    key: str | None = None


def write_head(head: Head) -> bytes:
    """In canonical form. It names its namespace itself, so that it can be cut out and checked alone."""
    chosen = head.selection
    node = etree.Element(f"{{{NAMESPACE}}}head", nsmap={None: NAMESPACE})
    etree.SubElement(node, _ORIGIN).text = head.origin
    attributes = {
        **_METHODS,
        "made": head.made,
        "source": head.source,
        "count": str(head.count),
        "first": None if head.first is None else str(head.first),
        "last": None if head.last is None else str(head.last),
        "direct": "true" if chosen.direct else "false",
        "room": chosen.room,
        "user": chosen.user,
        "since": chosen.since,
        "until": chosen.until,
        "unread": str(head.unread),
        "key": head.key,
    }
    for name, value in attributes.items():
        if value is not None:
            node.set(name, value)
    return canonical(node)


def read_head(node: etree._Element) -> Head:
    """Of an element that is valid against transcript.xsd."""
    said = node.get
    first, last = said("first"), said("last")
    return Head(
        origin=node.findtext(_ORIGIN) or "",
        source=said("source", ""),
        made=said("made", ""),
        count=int(said("count", "0")),
        first=None if first is None else int(first),
        last=None if last is None else int(last),
        selection=Selection(said("room"), said("since"), said("until"), said("user"), said("direct") == "true"),
        unread=int(said("unread", "0")),
        key=said("key"),
    )
