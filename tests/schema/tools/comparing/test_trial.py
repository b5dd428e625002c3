from __future__ import annotations

from pathlib import Path

import pytest

from schema.tools.comparing.effect import Degree
from schema.tools.comparing.trial import Trial, Turned
from schema.tools.inputs.item import Document, Ended, Fault, Stream, Where
from schema.tools.judging.foreign import BadSchema
from schema.validity import XSD
from tests.schema.tools.comparing.versions import Edit, written
from tests.schema.tools.traffic import document

HERE = Where(Stream("file"))
LONG = document(f'<pm id="1"><text>{"a" * 65}</text></pm>')
SHORT = document('<pm id="1"><text>short</text></pm>')
COLOURED = document('<pm id="1" colour="red"><text>short</text></pm>')

SHORTER: Edit = ('value="16384"', 'value="64"')


def turned(folder: Path, *edits: Edit, octets: bytes) -> tuple[Trial, list[Turned]]:
    trial = Trial(written(folder, name="old.xsd"), written(folder, *edits))
    return trial, list(trial.turned([Document(octets, HERE)]))


def test_what_is_no_longer_valid_is_given_with_what_was_found(tmp_path: Path) -> None:
    trial, [found] = turned(tmp_path, SHORTER, octets=LONG)
    assert (found.root, found.valid_now, trial.documents) == ("pm", False, 1)
    assert [one.rule.name for one in found.findings] == ["wrong-value"]
    assert (found.change.effect.narrowed, found.change.roots) == (Degree.YES, ["pm"])


def test_what_is_valid_only_now_is_given_with_what_was_wrong_before(tmp_path: Path) -> None:
    edit = ('<xs:attribute name="kind" type="Token"/>', '<xs:attribute name="colour" type="Token"/>')
    _, [found] = turned(tmp_path, edit, octets=COLOURED)
    assert found.valid_now
    assert [one.rule.name for one in found.findings] == ["unknown-attribute"]
    assert (found.change.effect.widened, found.change.added) == (Degree.YES, True)


@pytest.mark.parametrize("octets", [SHORT, COLOURED, b"<pm", b"", b"\xff"])
def test_where_both_agree_there_is_nothing_to_tell(octets: bytes, tmp_path: Path) -> None:
    trial, found = turned(tmp_path, SHORTER, octets=octets)
    assert (found, trial.documents) == ([], 1)


def test_what_is_no_document_is_passed_over(tmp_path: Path) -> None:
    trial = Trial(XSD, XSD)
    assert list(trial.turned([Fault("missing-bytes", "Some.", HERE), Ended(HERE.stream, True)])) == []
    assert trial.documents == 0


def test_both_have_to_be_schemas(tmp_path: Path) -> None:
    path = tmp_path / "x.xsd"
    path.write_text("<a/>")
    with pytest.raises(BadSchema):
        Trial(XSD, path)
    with pytest.raises(BadSchema):
        Trial(path, XSD)
