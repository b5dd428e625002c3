"""A schema as components, with all that it refers to resolved. xmlschema reads it; this finds the way in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xmlschema
from lxml import etree

from schema.tools.judging.foreign import BadSchema

_XS = "{http://www.w3.org/2001/XMLSchema}"


def load(xsd: Path) -> Any:
    """The schema's components. Nothing is fetched from the network. Raises BadSchema."""
    try:
        return xmlschema.XMLSchema10(str(xsd), allow="local", defuse="always")
    except (OSError, ValueError, RecursionError, etree.LxmlError, SyntaxError, xmlschema.XMLSchemaException) as error:
        reason = str(getattr(error, "message", None) or error).strip().splitlines()
        raise BadSchema(f"{xsd} is no XSD that can be read: {reason[0] if reason else type(error).__name__}") from None


def elements(group: Any) -> dict[str, Any]:
    """The declarations of the children by their names, however deep in groups; the first where there are several."""
    found: dict[str, Any] = {}
    for part in group if group is not None else ():
        if is_group(part):
            found = elements(part) | found
        elif not is_wildcard(part):
            for one in (part, *part.iter_substitutes()):
                found.setdefault(one.name, one)
    return found


def local(name: str | None) -> str:
    return (name or "*").rpartition("}")[2]


def is_group(part: Any) -> bool:
    return hasattr(part, "model")


def is_wildcard(part: Any) -> bool:
    return hasattr(part, "process_contents")


def is_builtin(type: Any) -> bool:
    """Whether a type is one of XSD's own."""
    return str(type.name or "").startswith(_XS)


def documentation(component: Any) -> str:
    """What its author says of it, on one line; empty where that is nothing."""
    annotation = component.annotation
    texts = [] if annotation is None else [one.text or "" for one in annotation.documentation]
    return " ".join(" ".join(texts).split())
