from __future__ import annotations

import json

import pytest

from tests.schema.tools.formats.conftest import Tell

COUNTS = {
    **{"documents": 3, "valid": 1, "invalid": 2, "connections": 1},
    **{"errors": 3, "warnings": 0, "notes": 1},
}


def test_json_is_one_object(tell: Tell) -> None:
    told = json.loads(tell("json"))
    assert [(one["severity"], one.get("rule")) for one in told["findings"]] == [
        ("valid", None),
        *[("error", "XC608"), ("error", "XC608"), ("error", "XC101"), ("note", "XC105")],
    ]
    assert told["summary"] == {
        "files": ["valid.xml", "wrong.xml", "a&b.pcap", "gone.xml"],
        **COUNTS,
        "unreadable": {"gone.xml": "No such file"},
    }


def test_json_lines_say_the_same_one_by_one(tell: Tell) -> None:
    lines = [json.loads(line) for line in tell("ndjson").splitlines()]
    assert [line.pop("type") for line in lines] == ["document", *["finding"] * 4, "summary"]
    assert lines[0] == {"element": "ping", "file": "valid.xml"}
    assert lines[1:-1] == json.loads(tell("json"))["findings"][1:]
    assert lines[-1] == json.loads(tell("json"))["summary"]


@pytest.mark.parametrize("format", ["json", "ndjson"])
def test_of_nothing_there_is_still_a_summary(format: str, tell: Tell) -> None:
    told = json.loads(tell(format, []))
    assert (told.get("summary") or told)["documents"] == 0
