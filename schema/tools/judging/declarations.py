"""Where a schema declares what a path names: the line in the XSD, and the type."""

from __future__ import annotations

from lxml import etree

from schema.tools.rules.finding import Declared

_XS = "{http://www.w3.org/2001/XMLSchema}"
_COMPLEX, _ELEMENT, _ATTRIBUTE = f"{_XS}complexType", f"{_XS}element", f"{_XS}attribute"


class Declarations:
    """Of one schema. It follows names and not derivations: where it loses the way, the last thing it found is given."""

    def __init__(self, tree: etree._ElementTree, file: str) -> None:
        root = tree.getroot()
        self._file = file
        self._elements = {one.get("name"): one for one in root.iterchildren(_ELEMENT)}
        self._types = {one.get("name"): one for one in root.iterchildren(_COMPLEX, f"{_XS}simpleType")}

    def at(self, path: str) -> Declared | None:
        """`path` is as /pm/@room or /page/broadcast/text."""
        names = path.split("/")[1:]
        here = self._elements.get(names[0])
        if here is None:
            return None
        for name in names[1:]:
            inner = self._within(here, name)
            if inner is None:
                inside = self._type_of(here)
                return self._declared(here if inside is None else inside, self._named(here))
            here = inner
        return self._declared(here, self._named(here))

    def _within(self, declared: etree._Element, name: str) -> etree._Element | None:
        kind, wanted = (_ATTRIBUTE, name[1:]) if name.startswith("@") else (_ELEMENT, name)
        inside = self._type_of(declared)
        while inside is not None:
            for one in inside.iter(kind):
                if (one.get("name") or _local(one.get("ref"))) == wanted:
                    return self._elements.get(wanted, one) if one.get("ref") else one
            base = next(inside.iter(f"{_XS}extension", f"{_XS}restriction"), None)
            inside = self._types.get(_local(base.get("base"))) if base is not None else None
        return None

    def _type_of(self, declared: etree._Element) -> etree._Element | None:
        named = self._types.get(self._named(declared))
        return named if named is not None else declared.find(_COMPLEX)

    def _named(self, declared: etree._Element) -> str | None:
        return _local(declared.get("type"))

    def _declared(self, node: etree._Element, type: str | None) -> Declared:
        return Declared(self._file, node.sourceline or 1, type)


def _local(name: str | None) -> str | None:
    return name.rpartition(":")[2] if name else None
