"""Versions of chat.xsd for the tests: a part of it, which is read faster, and the same with something edited."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import xmlschema
from lxml import etree

from schema.tools.components import load
from schema.validity import XSD

_XS = "{http://www.w3.org/2001/XMLSchema}"

#: Documents that stand for the rest: commands, data, both, and parts that several share.
KEPT = ("pm", "passwd", "ping", "broadcast", "welcome", "users", "page", "bye")


def _part(roots: Iterable[str]) -> str:
    """chat.xsd with these documents and the types that they need, and without what it says to people."""
    tree = etree.parse(XSD, etree.XMLParser(remove_comments=True))
    schema = tree.getroot()
    for annotation in [*schema.iter(f"{_XS}annotation")]:
        parent = annotation.getparent()
        assert parent is not None
        parent.remove(annotation)
        parent.text = parent.text if len(parent) else None
    named = {one.get("name"): one for one in schema.iterchildren(f"{_XS}simpleType", f"{_XS}complexType")}
    elements = {one.get("name"): one for one in schema.iterchildren(f"{_XS}element")}
    needed = [elements[root] for root in roots]
    for one in needed:
        types = (named.get(inner.get("type")) for inner in one.iter(f"{_XS}element", f"{_XS}attribute"))
        needed += [type for type in dict.fromkeys(types) if type is not None and type not in needed]
    for one in [*named.values(), *elements.values()]:
        if one not in needed:
            schema.remove(one)
    return etree.tostring(tree, encoding="unicode")


CHAT = _part(KEPT)

Edit = tuple[str, str]


def edited(*edits: Edit, text: str = CHAT) -> str:
    for old, new in edits:
        assert text.count(old) >= 1, f"{old} is not in the schema"
        text = text.replace(old, new)
    return text


def written(folder: Path, *edits: Edit, text: str = CHAT, name: str = "new.xsd") -> Path:
    path = folder / name
    path.write_text(edited(*edits, text=text), encoding="utf-8")
    return path


def version(*edits: Edit) -> Any:
    """The components of the part, edited. libxml2 says whether it is a schema, which takes it a tenth of the time."""
    text = edited(*edits)
    etree.XMLSchema(etree.fromstring(text.encode()))
    return xmlschema.XMLSchema10(text, validation="skip")


@cache
def ours() -> Any:
    """chat.xsd as components; all of it."""
    return load(XSD)


def schema(body: str) -> Any:
    """A schema of its own, without a namespace."""
    return xmlschema.XMLSchema10(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{body}</xs:schema>')
