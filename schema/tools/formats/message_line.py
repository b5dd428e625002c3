"""A message as one line for a person."""

from __future__ import annotations

from typing import Any

from schema.messages import Message, as_fields


def told(message: Message) -> str:
    """Its element and fields, and its text behind a colon. What it holds is as it came: not safe for a terminal."""
    said = as_fields(message)
    element, text = said.pop("type"), said.pop("text", None)
    # An empty list says no more than one that is not there.
    line = " ".join((element, *(f"{name}={_value(value)}" for name, value in said.items() if value != [])))
    return line if text is None else f"{line}: {text}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if not isinstance(value, dict):
        return str(value)
    if value.keys() == {"name", "value"}:
        return f"{value['name']}={value['value']}"
    name = value.get("name", value.get("type"))
    rest = " ".join(f"{key}={_value(one)}" for key, one in value.items() if key not in ("name", "type"))
    return " ".join(filter(None, (name, f"({rest})" if name and rest else rest)))
