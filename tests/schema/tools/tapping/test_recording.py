from __future__ import annotations

import stat
from pathlib import Path

import pytest

from schema.messages import Side
from schema.tools.tapping.recording import Recording
from schema.tools.validate import found_in
from tests.schema.tools.tapping.conftest import See, closed, on_the_wire, raw, seen
from tests.schema.tools.traffic import GREETING, LOGIN, chat, document, framed, recorded, talk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "talk.capture"


def test_it_is_what_the_server_would_have_recorded(see: See, file: Path) -> None:
    recording = Recording(file)
    for one in seen(see(on_the_wire(chat()))):
        recording.keep(one)
    # Before it is closed: whoever follows it reads what has come.
    assert file.read_bytes() == recorded(chat())
    recording.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_frame_has_its_number_in_the_capture_too(see: See, file: Path) -> None:
    """Also behind what never became a document."""
    wrong = document('<pm id="5" room="Tea"><text/></pm>')
    happenings = [
        *on_the_wire(talk(GREETING), 1),
        raw(Side.CLIENT, b"GET /", 1),
        closed(1),
        *on_the_wire(talk(GREETING + LOGIN), 2),
        raw(Side.CLIENT, b"\0\0\0\x40<pm", 2),
        closed(2),
        *on_the_wire([*talk(GREETING + LOGIN), (Side.CLIENT, wrong)], 3),
    ]
    recording = Recording(file)
    shown = seen(see(happenings))
    for one in shown:
        recording.keep(one)
    recording.close()
    live = [(finding.where.frame, finding.rule.layer) for one in shown for finding in one.findings]
    again = [(finding.where.frame, finding.rule.layer) for finding in found_in(str(file))]
    assert [frame for frame, _ in live] == [2, 6, 10]
    assert [one for one in again if one[0] in (2, 6, 10)] == live


def test_a_file_that_is_there_is_left_alone(file: Path) -> None:
    file.write_bytes(framed(chat()))
    with pytest.raises(FileExistsError):
        Recording(file)
    assert file.read_bytes() == framed(chat())
