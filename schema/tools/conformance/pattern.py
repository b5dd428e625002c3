"""What is to be heard, as a document in which less is said than in the one that fits.

Every attribute and element of the pattern has to be in the document; the document may say more. `_` is any element. A
value is `*` for anything, `-` for none at all, `>5` for more than 5, `a|b` for one of these, `{name}` for anything that
is then known by this name. `_count` is how many elements there are inside, but for ext.
"""

from __future__ import annotations

import re

from lxml import etree

from schema.messages import NAMESPACE
from schema.parsing import parse
from schema.tools.conformance.words import Words

_ROOT = re.compile(r"<([\w-]+)")
_NEW = re.compile(r"\{([^{}]+)\}")


def document(said: str) -> bytes:
    """The document with its namespace."""
    return _ROOT.sub(rf'<\1 xmlns="{NAMESPACE}"', said, count=1).encode()


class Pattern:
    """One document that is to be heard. `words` are read when it is made, and told what was new when it fits."""

    def __init__(self, said: str, words: Words) -> None:
        self.said = words.expect(said)
        self._root = parse(document(self.said))
        self._words = words

    def fits(self, found: etree._Element) -> bool:
        """Whether this is it; then the words know what stood for them."""
        new: dict[str, str] = {}
        if not _fits(self._root, found, new):
            return False
        self._words.known.update(new)
        return True

    def is_alike(self, found: etree._Element) -> bool:
        """Whether both are answers of the same kind, whatever they answer."""
        return _name(self._root) == _name(found) and None not in (self._root.get("re"), found.get("re"))

    def excludes(self, found: etree._Element) -> bool:
        """Whether a document that does not fit says that none will: it answers the same, and otherwise."""
        re_ = self._root.get("re")
        if re_ is not None and re_.isascii() and not re_.startswith(("*", "-", "{")):
            return found.get("re") == re_
        is_error = _name(self._root) == _name(found) == "error"
        return is_error and found.get("re") is None and self._root.get("code") not in (None, "*", "-")


def _fits(pattern: etree._Element, found: etree._Element, new: dict[str, str]) -> bool:
    if _name(pattern) not in ("_", _name(found)):
        return False
    for name, value in pattern.items():
        if name == "_count":
            if len([child for child in found if _name(child) != "ext"]) != int(value):
                return False
        elif not _value_fits(value, found.get(name), new):
            return False
    text = (pattern.text or "").strip()
    if text and not _value_fits(pattern.text or "", found.text or "", new):
        return False
    return all(any(_fits(below, there, new) for there in found) for below in pattern)


def _value_fits(value: str, found: str | None, new: dict[str, str]) -> bool:
    allowed = value.split("|")
    if found is None:
        return "-" in allowed
    if value == "*":
        return True
    if braced := _NEW.fullmatch(value):
        return new.setdefault(braced[1], found) == found
    if value.startswith(">"):
        return found.isdecimal() and int(found) > int(value[1:])
    return found in allowed if len(allowed) > 1 else found == value and value != "-"


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
