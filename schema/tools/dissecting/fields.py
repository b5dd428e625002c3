"""The fields by which Wireshark can filter: one for each element and attribute that a schema declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schema.messages import NAMESPACE
from schema.tools.components import documentation, elements, is_builtin, local
from schema.tools.judging.blanking import SECRETS

#: Fields that every frame has; what a schema calls so gets an underline behind it.
RESERVED = frozenset(
    (
        *("length", "sender", "root", "document", "undeclared", "response_in", "response_to", "response_time"),
        *("bad_length", "cut", "malformed", "not_in_schema", "wrong_direction"),
    )
)

#: Fields of one schema. Wireshark looks at all of them whenever somebody types a filter.
MAX_FIELDS = 5_000

_ODD = re.compile(r"[^A-Za-z0-9_-]")
_SECRET = re.compile(r"pass|pwd|secret", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """`path` is as pm/@id or pm/text, `name` as pm.id, what stands behind the protocol's name in a filter.

    `kind` is string, integer, word for what white space around it is no part of, or element for what holds others. The
    value of a `secret` is not shown.
    """

    path: str
    name: str
    kind: str
    about: str
    secret: bool


def fields_of(schema: Any) -> list[Field]:
    """Of a schema that components.load gave, in its order. A type inside itself is followed no further."""
    walk = _Walk(ours=schema.target_namespace == NAMESPACE)
    found: list[Field] = []
    for element in schema.elements.values():
        for field in walk.element(local(element.name), element, ()):
            if len(found) >= MAX_FIELDS:
                return found
            found.append(field)
    return found


class _Walk:
    def __init__(self, *, ours: bool) -> None:
        self._ours = ours
        self._names = set(RESERVED)

    def element(self, path: str, element: Any, above: tuple[Any, ...]) -> Iterator[Field]:
        type = element.type
        yield self._field(path, _kind(type), documentation(element) or documentation(type), element.name)
        if type.is_simple() or any(type is one for one in above):
            return
        for name, attribute in type.attributes.items():
            if name is not None and attribute.use != "prohibited":
                about = documentation(attribute) or documentation(attribute.type)
                yield self._field(f"{path}/@{local(name)}", _kind(attribute.type), about, name)
        if not type.has_simple_content():
            for name, child in elements(type.content).items():
                yield from self.element(f"{path}/{local(name)}", child, (*above, type))

    def _field(self, path: str, kind: str, about: str, name: str) -> Field:
        secret = local(name) in SECRETS if self._ours else _SECRET.search(local(name)) is not None
        called = ".".join(_ODD.sub("_", step.removeprefix("@")) for step in path.split("/"))
        while called in self._names:
            called += "_"
        self._names.add(called)
        return Field(path, called, kind, about, secret)


def _kind(type: Any) -> str:
    if not type.is_simple():
        if not type.has_simple_content():
            return "element"
        type = type.content
    collapsed = type.white_space == "collapse"
    while not is_builtin(type) and type.base_type is not None:
        type = type.base_type
    integer = type.maps.types.get("{http://www.w3.org/2001/XMLSchema}integer")
    if integer is not None and type.is_derived(integer):
        return "integer"
    return "word" if collapsed else "string"
