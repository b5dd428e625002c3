"""The dissector as a file in Lua: what the schema says as tables, and behind them what is the same for every schema."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from schema.limits import MAX_DEPTH, MAX_SERVER_DOCUMENT, PREFIX
from schema.messages import MESSAGES, NAMESPACE, Side
from schema.tools.dissecting.fields import Field, fields_of
from schema.tools.judging.foreign import MAX_FOREIGN_DOCUMENT

_BODY = Path(__file__).with_name("dissector.lua")

#: Elements inside each other of somebody else's protocol, which says nothing of it.
_DEEPEST = 64

_UNSAFE = re.compile(r'[\\"\x00-\x1f\x7f]')


def dissector(schema: Any, *, protocol: str, port: int, tls_port: int) -> str:
    """Of a schema that components.load gave. `protocol` is what filters begin with."""
    ours = schema.target_namespace == NAMESPACE
    fields = fields_of(schema)
    senders = {name: _sender(message.senders) for name, message in MESSAGES.items()} if ours else {}
    # Where a part is secret, people put the rest of it in the wrong place too.
    private = {field.path.partition("/")[0]: "true" for field in fields if field.secret}
    longest = MAX_SERVER_DOCUMENT if ours else MAX_FOREIGN_DOCUMENT
    return "\n".join(
        [
            f"-- {protocol} for Wireshark. Made by `python -m schema dissector`: change the schema, not this.",
            "-- Put it into the folder that Wireshark names under Help, About, Folders, Personal Lua Plugins.",
            "",
            f"local PROTOCOL, TITLE = {quoted(protocol)}, {quoted(protocol)}",
            f"local NAMESPACE = {quoted(schema.target_namespace) if schema.target_namespace else 'nil'}",
            f"local QUALIFIED = {str(schema.element_form_default == 'qualified').lower()}",
            f"local PORT, TLS_PORT = {port}, {tls_port}",
            f"local MAX_DEPTH = {MAX_DEPTH if ours else _DEEPEST}",
            f"local MAX_LENGTH = {longest + PREFIX}",
            f"local SENDERS = {_table((name, quoted(sender)) for name, sender in senders.items())}",
            f"local PRIVATE = {_table(private.items())}",
            "local DECLARED = {",
            *(f"  {_row(field)}," for field in fields),
            "}",
            "",
            _BODY.read_text(encoding="utf-8"),
        ]
    )


def quoted(text: str) -> str:
    """As a string of Lua."""
    return '"' + _UNSAFE.sub(lambda found: f"\\{ord(found[0]):03d}", text) + '"'


def _sender(senders: frozenset[Side]) -> str:
    return "both" if len(senders) > 1 else next(iter(senders)).value


def _table(pairs: Iterable[tuple[str, str]]) -> str:
    said = ", ".join(f"[{quoted(name)}] = {value}" for name, value in pairs)
    return f"{{ {said} }}" if said else "{}"


def _row(field: Field) -> str:
    parts = [quoted(part) for part in (field.path, field.name, field.kind, field.about)]
    return "{ " + ", ".join([*parts, *(["true"] if field.secret else [])]) + " }"
