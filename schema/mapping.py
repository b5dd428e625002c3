"""Between a valid XML tree and the message it says, in both directions, from what messages.py declares.

The reading trusts the tree: it runs after the schema has accepted it. The writing makes the one canonical form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from lxml import etree

from schema.messages import MESSAGES, NAMESPACE, Message
from schema.written import Written, written

# A line break is written as a reference, so that every document is one line: in a log, a capture, under grep. A
# carriage return has to be, since XML readers turn it into a line feed.
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;", "\n": "&#10;"})
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;"})

# To look first is worth it: translating takes seven times as long, and most that is said needs none of it.
_special_in_text = re.compile("[&<>\r\n]").search
_special_in_attribute = re.compile('[&<>\r\n"\t]').search

# Around a number or a flag the schema allows white space.
_FROM_TEXT: dict[type, Callable[[str], Any]] = {str: str, int: int, bool: lambda said: said.strip() == "true"}


def _in_text(value: str) -> str:
    return value.translate(_IN_TEXT) if _special_in_text(value) else value


def _in_attribute(value: str) -> str:
    return value.translate(_IN_ATTRIBUTE) if _special_in_attribute(value) else value


_TO_TEXT: dict[type, Callable[[Any], str]] = {
    str: _in_attribute,
    int: str,
    bool: lambda value: "true" if value else "false",
}


def _plain_types(cls: type) -> dict[str, type]:
    """For each field the type of its value, without the None of an optional one."""
    plain = {}
    for name, hint in get_type_hints(cls).items():
        choices = [choice for choice in get_args(hint) if choice is not type(None)]
        plain[name] = choices[0] if choices and not getattr(hint, "__origin__", None) else hint
    return plain


def reader_of(message: type[Any]) -> Callable[[etree._Element], Any]:
    """For a message, or for another class of messages.py that stands inside one."""
    types = _plain_types(message)
    attributes = []
    elements: dict[str, tuple[str, bool, Callable[[etree._Element], Any]]] = {}
    for spec in fields(message):
        how = written(spec)
        if how.child:
            elements[f"{{{NAMESPACE}}}{how.name}"] = (spec.name, how.many, _item_reader(how))
        else:
            attributes.append((spec.name, how.name, _FROM_TEXT[types[spec.name]]))

    def read(root: etree._Element) -> Any:
        values: dict[str, Any] = {}
        lists: dict[str, list[Any]] = {}
        for field, name, convert in attributes:
            said = root.get(name)
            if said is not None:
                values[field] = convert(said)
        for node in root:
            found = elements.get(str(node.tag))
            if found is None:
                continue  # An extension: whoever does not know it passes over it.
            field, many, item = found
            if many:
                lists.setdefault(field, []).append(item(node))
            else:
                values[field] = item(node)
        for field, items in lists.items():
            values[field] = tuple(items)
        return message(**values)

    return read


def _item_reader(how: Written) -> Callable[[etree._Element], Any]:
    if is_dataclass(how.item):
        return reader_of(how.item)
    if how.only is not None:
        only = how.only
        return lambda node: node.get(only, "")
    return lambda node: node.text or ""


def writer_of(message: type[Message]) -> Callable[[Message], bytes]:
    write = _element_writer(message, message.element, f' xmlns="{NAMESPACE}"')
    return lambda said: write(said).encode()


def _element_writer(message: type[Any], element: str, namespace: str = "") -> Callable[[Any], str]:
    types = _plain_types(message)
    specs = [(spec.name, written(spec)) for spec in fields(message)]
    attributes = [(field, f' {how.name}="', _TO_TEXT[types[field]]) for field, how in specs if not how.child]
    elements = [(field, how.many, _item_writer(how)) for field, how in specs if how.child]
    start, end = f"<{element}{namespace}", f"</{element}>"

    def write(said: Any) -> str:
        head = start
        for field, name, to_text in attributes:
            value = getattr(said, field)
            if value is not None:
                head += f'{name}{to_text(value)}"'
        inside = ""
        for field, many, item in elements:
            held = getattr(said, field)
            if many:
                inside += "".join(map(item, held))
            elif held is not None:
                inside += item(held)
        return f"{head}>{inside}{end}" if inside else f"{head}/>"

    return write


def _item_writer(how: Written) -> Callable[[Any], str]:
    name, only = how.name, how.only
    if is_dataclass(how.item):
        return _element_writer(how.item, name)
    if only is not None:
        return lambda value: f'<{name} {only}="{_in_attribute(value)}"/>'
    return lambda value: f"<{name}>{_in_text(value)}</{name}>"


READERS = {message: reader_of(message) for message in MESSAGES.values()}
WRITERS = {message: writer_of(message) for message in MESSAGES.values()}
