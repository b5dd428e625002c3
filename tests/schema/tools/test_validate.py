from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from schema.capture import MAGIC, Kind, Record, write_record
from schema.framing import frame
from schema.messages import Side
from schema.tools.command_line import main
from schema.tools.validate import verdicts
from tests.examples import DOCUMENTS, FOLDER, Example

PING = b'<ping xmlns="urn:xmlchat:1" id="1"/>'
BROKEN = b'<pm xmlns="urn:xmlchat:1"\n id="1" room="Lobby"><text/></pm>'
BROKEN_SAYS = "invalid: The attribute 'room' is 'Lobby'; expected "
TIME = "2026-01-31T23:59:59.000Z"

Terminal = pytest.CaptureFixture[str]


def validate(*arguments: str | Path) -> int:
    return main(["validate", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


# A file that begins with the octet 0 is taken for a framed stream.
@pytest.mark.parametrize("example", [one for one in DOCUMENTS if not one.octets.startswith(b"\0")], ids=str)
def test_an_example_gets_its_verdict(example: Example) -> None:
    [verdict] = verdicts(str(example.path), example.sender)
    assert verdict.valid == example.valid
    assert verdict.element == example.element
    assert (verdict.refusal.code.name if verdict.refusal else None) == example.code


def test_a_valid_document(capsys: Terminal) -> None:
    assert validate(FOLDER / "pm.xml") == 0
    assert capsys.readouterr().out == f"{FOLDER}/pm.xml: valid pm\n"


def test_an_invalid_one_is_said_with_its_line_and_column(file: Path, capsys: Terminal) -> None:
    file.write_bytes(BROKEN)
    assert validate(file) == 1
    assert capsys.readouterr().out.startswith(f"{file}:2:9: {BROKEN_SAYS}")


def test_several_files_are_counted_and_the_worst_one_decides(file: Path, capsys: Terminal) -> None:
    file.write_bytes(BROKEN)
    assert validate(FOLDER / "pm.xml", file, FOLDER / "dm.xml") == 1
    assert capsys.readouterr().out.splitlines()[-1] == "2 valid, 1 invalid"


def test_quiet_leaves_out_what_is_valid(file: Path, capsys: Terminal) -> None:
    file.write_bytes(BROKEN)
    assert validate("--quiet", FOLDER / "pm.xml", file) == 1
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_file_that_cannot_be_read_does_not_stop_the_others(file: Path, capsys: Terminal) -> None:
    assert validate(file, FOLDER / "pm.xml") == 3
    said = capsys.readouterr()
    assert said.err == f"{file}: cannot be read: No such file or directory\n"
    assert said.out == f"{FOLDER}/pm.xml: valid pm\n"


def test_unreadable_is_worse_than_invalid(file: Path) -> None:
    assert validate(file.parent, FOLDER / "invalid" / "empty.xml") == 3


@pytest.mark.parametrize(("sender", "status"), [("client", 0), ("server", 1)])
def test_the_sender_decides_what_may_be_said(sender: str, status: int, capsys: Terminal) -> None:
    assert validate("--sender", sender, FOLDER / "pm.xml") == status
    assert f"from the {sender}" in capsys.readouterr().out


def test_a_framed_stream_that_is_cut(file: Path, capsys: Terminal) -> None:
    file.write_bytes(frame(PING) + frame(BROKEN) + frame(PING)[:9])
    assert validate(file) == 1
    first, second, third, count = capsys.readouterr().out.splitlines()
    assert first == f"{file}: frame 1 (octet 0) valid ping"
    assert second.startswith(f"{file}:2:9: frame 2 (octet 40) {BROKEN_SAYS}")
    assert third.startswith(f"{file}: frame 3 (octet {44 + len(BROKEN)}) not-a-frame: ")
    assert count == "1 valid, 2 invalid"


def test_a_capture_knows_who_sent_what(file: Path, capsys: Terminal) -> None:
    pm = (FOLDER / "pm.xml").read_bytes()
    records = [Record(TIME, 1, side, Kind.DOCUMENT, pm) for side in (Side.CLIENT, Side.SERVER)]
    file.write_bytes(MAGIC + b"".join(map(write_record, records)))
    assert validate(file) == 1
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first.endswith("valid pm from the client")
    assert "from the server wrong-direction: " in second


@pytest.mark.parametrize("octets", [PING, frame(PING), MAGIC])
def test_the_standard_input(octets: bytes, monkeypatch: pytest.MonkeyPatch, capsys: Terminal) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))
    assert validate("-") == 0
    assert capsys.readouterr().out.count("valid ping") == (octets != MAGIC)


def as_json(capsys: Terminal) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_json_says_the_same_to_programs(file: Path, capsys: Terminal) -> None:
    file.write_bytes(frame(PING) + frame(BROKEN))
    assert validate("--format", "json", "--sender", "client", file) == 1
    valid, invalid = as_json(capsys)
    assert valid == {
        **{"file": str(file), "valid": True, "element": "ping"},
        **{"frame": 1, "offset": 0, "sender": "client"},
    }
    assert invalid.pop("message").startswith("The attribute 'room' is 'Lobby'")
    assert invalid == {
        **{"file": str(file), "valid": False, "frame": 2, "offset": 40, "sender": "client"},
        **{"code": "invalid", "at": "/pm/@room", "line": 2, "column": 9},
    }


def test_json_of_a_capture_has_its_connection_and_time(file: Path, capsys: Terminal) -> None:
    file.write_bytes(MAGIC + write_record(Record(TIME, 7, Side.CLIENT, Kind.DOCUMENT, PING)))
    assert validate("--format", "json", file) == 0
    [verdict] = as_json(capsys)
    assert (verdict["connection"], verdict["time"], verdict["sender"]) == (7, TIME, "client")


def test_json_of_nothing_is_an_empty_list(capsys: Terminal) -> None:
    assert validate("--format", "json", "--quiet", FOLDER / "pm.xml") == 0
    assert as_json(capsys) == []


def test_json_is_whole_though_a_file_cannot_be_read(file: Path, capsys: Terminal) -> None:
    assert validate("--format", "json", FOLDER / "pm.xml", file, FOLDER / "dm.xml") == 3
    assert [verdict["element"] for verdict in as_json(capsys)] == ["pm", "dm"]
