"""How the fields of a message class stand in the XML: what differs from the plain rule is given beside the field.

The plain rule is that a field is an attribute of its own name.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Written:
    """How a field stands in the XML: as the attribute or as the child elements called `name`.

    `item` is what each child holds: a message, another class of messages.py, or `str` for its text. With
    `only` a child has that one attribute and the field holds just its value. Fields with `many` are tuples.
    """

    name: str
    child: bool = False
    many: bool = False
    item: type[Any] = str
    only: str | None = None


def attribute(name: str) -> Any:
    return field(metadata={"written": Written(name)})


def optional_attribute(name: str) -> Any:
    return field(default=None, metadata={"written": Written(name)})


def child(name: str) -> Any:
    return field(metadata={"written": Written(name, child=True)})


def optional_child(name: str) -> Any:
    return field(default=None, metadata={"written": Written(name, child=True)})


def secret(name: str) -> Any:
    """A child that stays out of `repr`, and so out of logs and tracebacks."""
    return field(repr=False, metadata={"written": Written(name, child=True)})


def optional_secret(name: str) -> Any:
    return field(default=None, repr=False, metadata={"written": Written(name, child=True)})


def children(name: str, item: type[Any] = str, *, only: str | None = None) -> Any:
    return field(default=(), metadata={"written": Written(name, child=True, many=True, item=item, only=only)})


def written(spec: Field[Any]) -> Written:
    """How this field of a message class stands in the XML."""
    found: Written = spec.metadata.get("written") or Written(spec.name)
    return found
