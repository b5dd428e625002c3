from __future__ import annotations

import io
import json

import pytest

from schema.messages import Error, Ok, Side, Who
from schema.tools.replaying.comparing import Change
from schema.tools.replaying.heard import About, Difference
from schema.tools.replaying.player import Played
from schema.tools.replaying.script import Said
from schema.tools.replaying.telling import MAX_VALUE, Outcome, tell_json, tell_ndjson, tell_text

COMMAND = Said(3, 4, 2, Side.CLIENT, b"", Who(id="7"), "7")
EXPECTED = Said(5, 6, 2, Side.SERVER, b"", Ok(re="7"))
LOST = Said(6, 7, 2, Side.CLIENT, None, None)
ERROR = Error(re="7", code="busy", action="wait", text="\x9b31m")

ANSWER = Difference(About.ANSWER, 2, EXPECTED, ERROR, [Change("/ok", "ok re=7", "error \x9b31m")], COMMAND)
EXTRA = Difference(About.BYE, 2, None, ERROR, [Change("/bye", None, "x" * 1000)])
OUTCOME = Outcome(Played(5, 1234, [LOST], [COMMAND], ["connection 1: \x1b"]), [ANSWER, EXTRA], [3], ["alice", "bob"])

TEXT = f"""\
frame 6  connection 2  the answer to who '7' of frame 4
  /ok
    expected  ok re=7
    got       error \ufffd31m
not in the capture  connection 2  the farewell
  /bye
    expected  nothing
    got       {"x" * MAX_VALUE}…
passwords were invented for alice, bob (--password-file gives others)
not sent, since the capture does not hold what was: 7
not sent, since the server had ended the connection: 4
not played, since something of it is not in the capture: connection 3
connection 1: \ufffd
5 documents sent, 1,234 received, 2 differences
"""

SUMMARY = {
    **{"sent": 5, "received": 1234, "differences": 2, "unsent": [7], "late": [4]},
    **{"unreadable": ["connection 1: \x1b"], "connections_aside": [3], "passwords_invented": ["alice", "bob"]},
}


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


def test_for_a_person_each_difference_has_its_place_and_both_sides(out: io.StringIO) -> None:
    tell_text(OUTCOME, out)
    assert out.getvalue() == TEXT


@pytest.mark.parametrize(("differences", "words"), [([], "no difference"), ([ANSWER], "1 difference")])
def test_they_are_counted(differences: list[Difference], words: str, out: io.StringIO) -> None:
    tell_text(Outcome(Played(), differences, [], []), out)
    assert out.getvalue().splitlines()[-1] == f"0 documents sent, 0 received, {words}"


def test_for_a_program_they_are_one_object(out: io.StringIO) -> None:
    tell_json(OUTCOME, out)
    said = json.loads(out.getvalue())
    assert said["summary"] == SUMMARY
    assert said["differences"][0] == {
        **{"about": "answer", "connection": 2, "frame": 6, "command": {"element": "who", "id": "7", "frame": 4}},
        **{"expected": {"type": "ok", "re": "7"}},
        **{"got": {"type": "error", "code": "busy", "action": "wait", "text": "\x9b31m", "re": "7"}},
        "changes": [{"at": "/ok", "expected": "ok re=7", "got": "error \x9b31m"}],
    }
    assert "frame" not in said["differences"][1]


def test_or_a_line_each(out: io.StringIO) -> None:
    tell_ndjson(OUTCOME, out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["type"] for line in lines] == ["difference", "difference", "summary"]
    assert lines[2] == {"type": "summary", **SUMMARY}
