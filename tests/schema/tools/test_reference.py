"""The message reference of PROTOCOL.md is what chat.xsd says, and says all of it."""

from __future__ import annotations

import copy
import re
import shutil
from pathlib import Path

import pytest
from lxml import etree

from schema.codec import decode
from schema.messages import MESSAGES
from schema.tools import reference
from schema.tools.command_line import main
from schema.validity import schema_tree
from tests.examples import FOLDER
from tests.schema.strategies import XS, XSD, type_of

TEXT = reference.reference()
SECTIONS = dict(re.findall(r"^### 5\.\d+ (\w+)\n(.*?)(?=^### |\Z)", TEXT, re.MULTILINE | re.DOTALL))


def rows(text: str) -> list[list[str]]:
    found = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip("`") for cell in row] for row in found]


def declared(kind: str) -> etree._Element:
    found = XSD.find(f"{XS}complexType[@name='{kind}']")
    assert found is not None
    return found


def test_the_protocol_has_it_as_it_is() -> None:
    assert main(["reference", "--check"]) == 0, "run python -m schema reference"


@pytest.mark.parametrize("element", MESSAGES)
def test_a_document_has_all_its_attributes_and_elements(element: str) -> None:
    """Counted anew, with another eye than the generator's."""
    node = declared(type_of(element))
    told = {(name, kind, held): occurs for name, kind, held, occurs, _ in rows(SECTIONS[element])}
    expected = {}
    for attribute in node.iter(f"{XS}attribute"):
        needed = attribute.get("use", "optional")
        expected[attribute.get("name"), "attribute", attribute.get("type")] = needed
    for child in node.iter(f"{XS}element"):
        least, many = int(child.get("minOccurs", 1)), child.get("maxOccurs") == "unbounded"
        occurs = f"{least} or more" if many else "required" if least else "optional"
        expected[child.get("name"), "element", child.get("type")] = occurs
    del expected["ext", "element", "Extensions"]
    assert told == expected


@pytest.mark.parametrize(
    ("element", "beginning"),
    [
        ("pm", "Client to server, in state active. A public message"),
        ("ex", "Client to server, in states greeted and active. Logs out"),
        ("bye", "Server to client, in states opened, greeted, active and leaving. The last document"),
        ("ping", "Both directions: from the client in states greeted and active; from the server in states greeted"),
    ],
)
def test_it_says_who_may_send_a_document_and_when(element: str, beginning: str) -> None:
    assert " ".join(SECTIONS[element].split()).startswith(beginning)


@pytest.mark.parametrize("element", MESSAGES)
def test_the_example_is_that_of_the_examples(element: str) -> None:
    (example,) = re.findall(r"^```xml\n(.*?)^```$", SECTIONS[element], re.MULTILINE | re.DOTALL)
    assert decode(example.encode()) == decode((FOLDER / f"{element}.xml").read_bytes())


def test_the_answer_and_the_errors_come_from_the_annotation() -> None:
    assert "Answer: `page`. Errors: `bad-range`, `no-such-user`, `storage`.\n" in SECTIONS["history"]
    assert "Answer: none.\n" in SECTIONS["direct"]
    assert "| 5.9 | `history` | client | active | `page` |\n" in TEXT
    assert "| 5.24 | `prompt` | server | greeted, leaving | none |\n" in TEXT


def test_every_type_is_in_it_that_is_not_the_one_of_a_document() -> None:
    types = {str(node.get("name")) for node in XSD if node.tag in (f"{XS}simpleType", f"{XS}complexType")}
    told = re.findall(r"^(?:- )?`(\w+)`: ", SECTIONS["Types"], re.MULTILINE)
    assert set(told) == types - {type_of(element) for element in MESSAGES}


@pytest.mark.parametrize(
    "line",
    [
        "- `Flag`: `true|false`. Never",
        "- `Text`: at most 16,384 characters. What",
        "- `Password`: 1 to 1,024 characters. The",
        "| `text` | element | `Text` | optional | the reason |",
    ],
)
def test_the_facets_of_a_type_are_told(line: str) -> None:
    assert f"\n{line}" in SECTIONS["Types"]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        (f"{XS}complexType[@name='PmDocument']/{XS}attribute[@name='room']", "'room'"),
        (f"{XS}complexType[@name='Sanction']", "'Sanction'"),
        (f"{XS}simpleType[@name='Flag']", "'Flag'"),
    ],
)
def test_what_has_no_documentation_is_named(path: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = copy.deepcopy(schema_tree)
    node = tree.find(path)
    assert node is not None
    node.remove(node[0])
    monkeypatch.setattr(reference, "schema_tree", tree)
    with pytest.raises(ValueError, match=f"chat.xsd says nothing about {what} in line"):
        reference.reference()


def test_what_is_stale_is_named_and_written_again_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(FOLDER, tmp_path / "examples")
    given = (FOLDER.parent / "PROTOCOL.md").read_text(encoding="utf-8")
    (tmp_path / "PROTOCOL.md").write_text(given.replace("| what is said |", "| what was said |", 1), encoding="utf-8")
    monkeypatch.setattr(reference, "FOLDER", tmp_path)
    assert main(["reference", "--check"]) == 1
    assert "stale: schema/PROTOCOL.md" in capsys.readouterr().err
    assert main(["reference"]) == 0
    assert (tmp_path / "PROTOCOL.md").read_text(encoding="utf-8") == given
