"""The command as somebody at a terminal meets it; what differs is the business of schema/tools/comparing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schema.tools.command_line import main
from schema.validity import XSD
from tests.schema.tools.comparing.versions import Edit, written
from tests.schema.tools.traffic import captured, chat, framed, recorded, segments

Terminal = pytest.CaptureFixture[str]

FULL = XSD.read_text(encoding="utf-8")
LONGER: Edit = ('value="1024"', 'value="2048"')
#: What chat() says is longer.
SHORTER: Edit = ('value="16384"', 'value="8"')
PM = '<xs:element name="pm" type="PmDocument"/>'
ADDED: Edit = (PM, PM + '<xs:element name="wave" type="PmDocument"/>')


def diff(*arguments: str | Path) -> int:
    return main(["diff", *map(str, arguments)])


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A part of our schema, which is read faster."""
    return written(tmp_path, name="old.xsd")


@pytest.fixture
def none(tmp_path: Path) -> Path:
    """A folder of examples that has none."""
    folder = tmp_path / "none"
    folder.mkdir()
    return folder


def test_nothing_breaks_where_nothing_differs(capsys: Terminal) -> None:
    assert diff(XSD, XSD) == 0
    tried, summary = capsys.readouterr().out.splitlines()
    assert tried.endswith(" documents tried, 0 with another verdict")
    assert int(tried.split()[0]) > 200
    assert summary == "0 changes: old client does not break, old server does not break, old captures do not break"


def test_what_breaks_is_told_and_the_examples_show_it(tmp_path: Path, capsys: Terminal) -> None:
    assert diff(XSD, written(tmp_path, SHORTER, text=FULL)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "/pm/text and 14 more  maxLength: 16,384 → 8"
    assert any(line.endswith("pm-scripts.xml  pm: valid → invalid") for line in lines)
    assert lines[-1] == "1 change: old client breaks, old server breaks, old captures break"


@pytest.mark.parametrize("kind", [framed, recorded, lambda said: captured(segments(said))])
def test_the_documents_of_a_capture_are_tried_whatever_it_is_kept_in(
    kind: object, old: Path, none: Path, tmp_path: Path, capsys: Terminal
) -> None:
    assert callable(kind)
    file = tmp_path / "capture"
    file.write_bytes(kind(chat()))
    new = written(tmp_path, SHORTER)
    assert diff(old, new, "--examples", none, "--capture", file, "--format", "json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["summary"]["documents"] == len(chat())
    assert [one["element"] for one in said["documents"]] == ["pm", "broadcast"] * 3
    assert [one["frame"] for one in said["documents"]] == [4, 6, 7, 9, 10, 12]
    # Who sent it is known from the document, if the capture does not say.
    assert [name for name, one in said["documents"][0]["verdicts"].items() if one["verdict"] == "breaks"] == [
        "old client",
        "old captures",
    ]


def test_only_words_for_people_were_changed(old: Path, none: Path, tmp_path: Path) -> None:
    assert diff(old, written(tmp_path, ('name="Token">', 'name="Token"><xs:annotation/>')), "--examples", none) == 0


@pytest.mark.parametrize(("edit", "usual", "minor"), [(ADDED, 1, 0), (LONGER, 1, 1)])
def test_a_minor_version_may_add(edit: Edit, usual: int, minor: int, old: Path, none: Path, tmp_path: Path) -> None:
    new = written(tmp_path, edit)
    assert diff(old, new, "--examples", none) == usual
    assert diff(old, new, "--examples", none, "--minor") == minor


def test_a_schema_of_somebody_else(tmp_path: Path, capsys: Terminal) -> None:
    old, new, examples = tmp_path / "old.xsd", tmp_path / "new.xsd", tmp_path / "examples"
    examples.mkdir()
    (examples / "n.xml").write_text("<n>300</n>")
    for path, type in ((old, "int"), (new, "byte")):
        path.write_text(
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
            f'<xs:element name="n" type="xs:{type}"/></xs:schema>'
        )
    assert diff(old, new, "--examples", examples) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "/n  values: int → byte"
    assert lines[4] == f"{examples}/n.xml  n: valid → invalid"


def test_what_is_no_schema_ends_with_3(tmp_path: Path, capsys: Terminal) -> None:
    path = tmp_path / "x.xsd"
    path.write_text("<a/>")
    assert diff(XSD, path) == 3
    assert diff(tmp_path / "missing.xsd", XSD) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"python -m schema diff: {path} is no XSD that libxml2 can read: ")


def test_a_capture_that_cannot_be_read_ends_with_3_after_all_else_was_told(
    old: Path, none: Path, tmp_path: Path, capsys: Terminal
) -> None:
    assert diff(old, old, "--examples", none, "--capture", tmp_path / "missing") == 3
    said = capsys.readouterr()
    assert said.err == f"{tmp_path}/missing: cannot be read: No such file or directory\n"
    assert said.out.splitlines()[-1].startswith("0 changes: ")


def test_what_a_password_was_is_not_told(old: Path, none: Path, tmp_path: Path, capsys: Terminal) -> None:
    (none / "x.xml").write_text('<passwd xmlns="urn:xmlchat:1" id="1"><old>hunter2</old><new>hunter2</new></passwd>')
    new = written(tmp_path, ('<xs:maxLength value="1024"/>', '<xs:maxLength value="2"/>'))
    for format in ("text", "json"):
        assert diff(old, new, "--examples", none, "--format", format) == 1
        said = capsys.readouterr().out
        assert "passwd: " in said or '"passwd"' in said
        assert "hunter2" not in said
