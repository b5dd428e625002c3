"""`python -m schema reference`: the message reference of PROTOCOL.md, written from the annotated XSD.

The words, types and occurrences are those of chat.xsd, who sends what in which state those of the protocol's table, and
the examples those of schema/examples.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree

from schema.messages import MESSAGES, Message, Side
from schema.protocol import TRANSITIONS
from schema.validity import schema_tree

FOLDER = Path(__file__).parents[1]

#: What is written stands between the two.
BEGIN = "<!-- From here on written by `python -m schema reference`: change chat.xsd in its stead. -->\n"
END = "<!-- Up to here. -->\n"

STALE = 1

_XS = "{http://www.w3.org/2001/XMLSchema}"
_R = "{urn:xmlchat:reference}"

_WIDTH = 119

#: Characters of an example that stays on one line.
_ONE_LINE = 110

_OCCURS = {
    ("0", "1"): "optional",
    ("1", "1"): "required",
    ("0", "unbounded"): "0 or more",
    ("1", "unbounded"): "1 or more",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where it is stale")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    path = FOLDER / "PROTOCOL.md"
    given = path.read_text(encoding="utf-8")
    made = rewritten(given)
    if made == given:
        return 0
    if arguments.check:
        print("stale: schema/PROTOCOL.md, section 5; run python -m schema reference", file=sys.stderr)
        return STALE
    path.write_text(made, encoding="utf-8")
    print("written: schema/PROTOCOL.md, section 5")
    return 0


def rewritten(document: str) -> str:
    """The document with a new reference between the two lines that mark it."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{reference()}\n{END}{after}"


def reference() -> str:
    root = schema_tree.getroot()
    types = {str(node.get("name")): node for node in root.iterchildren(f"{_XS}simpleType", f"{_XS}complexType")}
    of_documents = {str(node.get("name")): str(node.get("type")) for node in root.iterchildren(f"{_XS}element")}
    sections = [_overview(of_documents, types), _types(types, set(of_documents.values()))]
    sections += [
        _document(element, number, types[kind]) for number, (element, kind) in enumerate(of_documents.items(), 2)
    ]
    return "\n".join(sections)


def _overview(documents: dict[str, str], types: dict[str, etree._Element]) -> str:
    lines = ["| § | Document | Sender | In state | Answer |", "|---|---|---|---|---|"]
    for number, (element, kind) in enumerate(documents.items(), 2):
        message = MESSAGES[element]
        senders = " or ".join(side.value for side in Side if side in message.senders)
        answer, _, _ = _answer(types[kind]).partition(". ")
        lines.append(f"| 5.{number} | `{element}` | {senders} | {_whenever(message)} | {answer} |")
    return "\n".join(lines) + "\n"


def _whenever(message: type[Message]) -> str:
    states = {side: ", ".join(_states(message, side)) for side in Side if side in message.senders}
    if len(set(states.values())) == 1:
        return next(iter(states.values()))
    return "; ".join(f"{side.value}: {where}" for side, where in states.items())


def _types(types: dict[str, etree._Element], of_documents: set[str]) -> str:
    simple = [node for node in types.values() if node.tag == f"{_XS}simpleType"]
    inside = [node for name, node in types.items() if node not in simple and name not in of_documents]
    lines = ["### 5.1 Types", "", "The patterns are those of the XSD and hold for the whole value.", ""]
    lines += [f"- `{node.get('name')}`: {_facets(node)} {_words(node)}" for node in simple]
    lines += ["", "These stand inside documents:", ""]
    for node in inside:
        lines += [f"`{node.get('name')}`: {_words(node)}", "", *_table(node)]
    return "\n".join(lines)


def _facets(simple: etree._Element) -> str:
    """What a value must be, as far as the schema says."""
    found = {etree.QName(node).localname: str(node.get("value")) for node in simple.iterfind(f"{_XS}restriction/*")}
    if "pattern" in found:
        return f"`{found['pattern']}`."
    most = f"{int(found['maxLength']):,} characters."
    return f"{int(found['minLength']):,} to {most}" if "minLength" in found else f"at most {most}"


def _document(element: str, number: int, declared: etree._Element) -> str:
    message = MESSAGES[element]
    said = f"{_direction(message)}. {_words(declared)}"
    answer = f"Answer: {_answer(declared)}."
    errors = declared.findtext(f"{_XS}annotation/{_XS}appinfo/{_R}errors")
    if errors:
        answer += f" Errors: {', '.join(f'`{code}`' for code in errors.split())}."
    lines = [f"### 5.{number} {element}", "", *_wrapped(said), *_wrapped(answer), ""]
    return "\n".join([*lines, *_table(declared), "```xml", *_example(element), "```", ""])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_on_hyphens=False)


def _direction(message: type[Message]) -> str:
    states = {side: _listed(_states(message, side)) for side in message.senders}
    if len(states) == 2:
        return "Both directions: " + "; ".join(f"from the {side.value} in {states[side]}" for side in Side)
    ((side, where),) = states.items()
    return f"{side.value.capitalize()} to {side.other.value}, in {where}"


def _states(message: type[Message], side: Side) -> list[str]:
    return [state.value for state, sides in TRANSITIONS.items() if message in sides[side]]


def _listed(states: list[str]) -> str:
    *others, last = states
    return f"states {', '.join(others)} and {last}" if others else f"state {last}"


def _answer(declared: etree._Element) -> str:
    return declared.findtext(f"{_XS}annotation/{_XS}appinfo/{_R}answer") or "none"


def _words(declared: etree._Element) -> str:
    """The documentation. Raises ValueError where there is none."""
    words = " ".join((declared.findtext(f"{_XS}annotation/{_XS}documentation") or "").split())
    if not words:
        raise ValueError(f"chat.xsd says nothing about {declared.get('name')!r} in line {declared.sourceline}")
    return words


def _table(declared: etree._Element) -> list[str]:
    """A row for each attribute and element, and an empty line; nothing where there is neither."""
    rows = [
        *(_row(node, "attribute", _used(node)) for node in declared.iterchildren(f"{_XS}attribute")),
        *(_row(node, "element", _occurring(node)) for node in _elements(declared)),
    ]
    if not rows:
        return []
    return ["| Name | Kind | Type | Occurs | Meaning |", "|---|---|---|---|---|", *rows, ""]


def _elements(declared: etree._Element) -> Iterator[etree._Element]:
    # That each document may have extensions is said once, for all.
    return (node for node in declared.iterfind(f"{_XS}sequence/{_XS}element") if node.get("name") != "ext")


def _row(node: etree._Element, kind: str, occurs: str) -> str:
    return f"| `{node.get('name')}` | {kind} | `{node.get('type')}` | {occurs} | {_words(node)} |"


def _used(attribute: etree._Element) -> str:
    return "required" if attribute.get("use") == "required" else "optional"


def _occurring(element: etree._Element) -> str:
    return _OCCURS[str(element.get("minOccurs", "1")), str(element.get("maxOccurs", "1"))]


def _example(element: str) -> Iterable[str]:
    """The plain example, broken into lines where it is long and that changes nothing."""
    text = (FOLDER / "examples" / f"{element}.xml").read_text(encoding="utf-8").strip()
    root = etree.fromstring(text.encode())
    if len(text) <= _ONE_LINE or root.text or not len(root):
        return text.splitlines()
    root.text = "\n  "
    for child in root:
        child.tail = "\n  "
    root[-1].tail = "\n"
    return etree.tostring(root, encoding="unicode").replace("\r", "&#13;").splitlines()
