"""Valid documents at random, made by reading chat.xsd, in all the ways that XML lets one write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from lxml import etree

from schema.messages import MESSAGES, NAMESPACE, Side
from schema.validity import XSD

_XS = "{http://www.w3.org/2001/XMLSchema}"
_ROOT = etree.parse(XSD).getroot()

_WORDS = ("", " ", "a", "hello", "]]", "&", "<", ">", '"', "'", "\r", "\n", "\t", "\x7f", "\x9b", "\u2028", "\u202e")
_MORE_WORDS = ("😀", "e\u0301", "\ufeff", "\ufffd", "\U0010ffff", "שלום", "x" * 70, "/", "=", "xmlns", "<!--", "&#0;")

_regex: Any = re._parser  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class _Attribute:
    name: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class _Child:
    """`name` is None for whatever element of another namespace."""

    name: str | None
    type: str
    required: bool
    many: bool


@dataclass(frozen=True, slots=True)
class _Complex:
    attributes: tuple[_Attribute, ...]
    children: tuple[_Child, ...]


def _from_pattern(pattern: str) -> Callable[[Random], str]:
    """A maker of strings that match; at most eight of what may repeat, and now and then as many as may."""
    parsed = _regex.parse(pattern)

    def one_of(choices: list[Any], rng: Random) -> str:
        kind, value = rng.choice(choices)
        return chr(rng.randint(*value)) if str(kind) == "RANGE" else chr(value)

    def make(parts: Any, rng: Random) -> str:
        made = []
        for kind, value in parts:
            match str(kind):
                case "LITERAL":
                    made.append(chr(value))
                case "IN":
                    made.append(one_of(value, rng))
                case "MAX_REPEAT":
                    least, most, inside = value
                    count = most if rng.random() < 0.02 else rng.randint(least, min(most, max(least, 8)))
                    made += [make(inside, rng) for _ in range(count)]
                case "SUBPATTERN":
                    made.append(make(value[-1], rng))
                case "BRANCH":
                    made.append(make(rng.choice(value[1]), rng))
                case other:
                    raise NotImplementedError(f"The pattern {pattern} of chat.xsd holds {other}.")
        return "".join(made)

    return lambda rng: make(parsed, rng)


def _text(rng: Random) -> str:
    return "".join(rng.choices(_WORDS + _MORE_WORDS, k=rng.randint(0, 6)))


def _simple_types() -> dict[str, Callable[[Random], str]]:
    makers: dict[str, Callable[[Random], str]] = {}
    for node in _ROOT.iterfind(f"{_XS}simpleType"):
        pattern = node.find(f"{_XS}restriction/{_XS}pattern")
        least = node.find(f"{_XS}restriction/{_XS}minLength")
        if pattern is not None:
            makers[str(node.get("name"))] = _from_pattern(str(pattern.get("value")))
        elif least is not None:
            makers[str(node.get("name"))] = lambda rng: _text(rng) or "x"
        else:
            makers[str(node.get("name"))] = _text
    return makers


def _complex_types() -> dict[str, _Complex]:
    made = {}
    for node in _ROOT.iterfind(f"{_XS}complexType"):
        attributes = tuple(
            _Attribute(str(one.get("name")), str(one.get("type")), one.get("use") == "required")
            for one in node.iterfind(f"{_XS}attribute")
        )
        children = tuple(
            _Child(one.get("name"), str(one.get("type")), one.get("minOccurs") != "0", one.get("maxOccurs") is not None)
            for one in node.iterfind(f"{_XS}sequence/*")
        )
        made[str(node.get("name"))] = _Complex(attributes, children)
    return made


SIMPLE = _simple_types()
COMPLEX = _complex_types()
ROOTS = {str(node.get("name")): str(node.get("type")) for node in _ROOT.iterfind(f"{_XS}element")}
BY_SIDE = {side: [name for name in ROOTS if side in MESSAGES[name].senders] for side in Side}

#: Every name that the schema knows, for the mutations.
NAMES = sorted(
    {*ROOTS}
    | {one.name for kind in COMPLEX.values() for one in kind.attributes}
    | {one.name for kind in COMPLEX.values() for one in kind.children if one.name}
)


class _Writer:
    """Writes one document; how it does so is chosen once for each."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._prefix = rng.choice(("", "", "", "c:", "xm_l:"))
        self._quote = rng.choice('""\'')
        self._pretty = rng.random() < 0.2

    def document(self, root: str) -> str:
        prefix = f":{self._prefix[:-1]}" if self._prefix else ""
        head = self._rng.choice(("",) * 6 + ('<?xml version="1.0"?>', "<?xml version='1.0' encoding='utf-8' ?>\n"))
        return head + self._element(root, ROOTS[root], f" xmlns{prefix}={self._quote}{NAMESPACE}{self._quote}")

    def _element(self, name: str, kind: str, declared: str = "") -> str:
        tag = self._prefix + name
        if kind in SIMPLE:
            return f"<{tag}>{self._escaped_text(SIMPLE[kind](self._rng))}</{tag}>"
        said = [self._attribute(one) for one in COMPLEX[kind].attributes if one.required or self._rng.random() < 0.4]
        if declared:
            said.append(declared)
        self._rng.shuffle(said)
        inside = "".join(self._children(child) for child in COMPLEX[kind].children)
        if not inside and self._rng.random() < 0.9:
            return f"<{tag}{''.join(said)}/>"
        return f"<{tag}{''.join(said)}>{self._space() if COMPLEX[kind].children else ''}{inside}</{tag}>"

    def _children(self, child: _Child) -> str:
        if not child.required and self._rng.random() < 0.6:
            return ""
        count = self._rng.choice((1, 1, 2, 3, 12)) if child.many else 1
        if child.name is None:
            return "".join(self._foreign(3) + self._space() for _ in range(count))
        return "".join(self._element(child.name, child.type) + self._space() for _ in range(count))

    def _foreign(self, deep: int) -> str:
        name, space = self._rng.choice("abc"), self._rng.choice(("urn:a", "urn:b", "http://example.org/#x"))
        more = self._foreign(deep - 1) if deep and self._rng.random() < 0.4 else self._escaped_text(_text(self._rng))
        return f'<{name} xmlns="{space}" z="1">{more}</{name}>'

    def _attribute(self, one: _Attribute) -> str:
        value = SIMPLE[one.type](self._rng).replace("&", "&amp;").replace("<", "&lt;")
        value = value.replace('"', "&quot;").replace("'", "&#39;")
        return f" {one.name}={self._quote}{value}{self._quote}"

    def _escaped_text(self, text: str) -> str:
        if "]]>" not in text and "\r" not in text and self._rng.random() < 0.1:
            return f"<![CDATA[{text}]]>"
        if self._rng.random() < 0.1:
            return "".join(f"&#{ord(one)};" for one in text)
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")

    def _space(self) -> str:
        return "\n  " if self._pretty else ""


def document(rng: Random, sender: Side) -> bytes:
    """A valid document that this side may send."""
    return _Writer(rng).document(rng.choice(BY_SIDE[sender])).encode()
