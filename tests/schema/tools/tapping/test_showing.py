from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest

from schema.framing import frame
from schema.messages import Side
from schema.tools.tapping.backlog import Unserved
from schema.tools.tapping.showing import MAX_LINE, NdJson, Showing, Text, indented, summed
from tests.schema.tools.tapping.conftest import TIME, See, closed, on_the_wire, opened, raw
from tests.schema.tools.traffic import GREETING, LOGIN, document, talk

FIRST = talk(GREETING + LOGIN)
WRONG = document('<pm id="2" room="Tea"><text>Hello</text></pm>')

EXPECTED = """\
09:00:00.000    1  ===  opened by 127.0.0.1:51544
09:00:00.000    1  <--     1  greeting server=x version=1 time=2026-03-01T09:00:00.000Z protocols=[major=1 minor=0]
09:00:00.000    1  -->     2  login id=1 name=alice password=********
09:00:00.000    1  <--     3  welcome re=1 name=alice room=lobby seq=0 place=0 users=[alice]
09:00:00.000    1  -->     4  <pm xmlns="urn:xmlchat:1" id="2" room="Tea"><text>Hello</text></pm>
  1:34  error  XC608 wrong-value: The attribute 'room' is 'Tea'; expected 1 to 32 of the characters a-z 0-9 . _ -, the \
first a letter; names are lower case.
      1 | <pm xmlns="urn:xmlchat:1" id="2" room="Tea"><text>Hello</text></pm>
        |                                  ^^^^
        = schema/chat.xsd:N type Name
09:00:00.000    1  -->     5  who id=3
09:00:00.000    1  ===  closed
  of the message 5:
  note  XC707 unanswered-at-end: When the connection ended, who '3' had no answer.
09:00:00.000    2  ===  opened by 127.0.0.1:1, and not passed on: Nobody answers.
"""


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


def tell(see: See, showing: Showing, *more: object) -> None:
    happenings = [
        *on_the_wire(FIRST),
        raw(Side.CLIENT, frame(WRONG)),
        raw(Side.CLIENT, frame(document('<who id="3"/>'))),
    ]
    for shown in see([*happenings, closed(), Unserved(2, "127.0.0.1:1", "Nobody answers.", TIME)]):
        showing.show(shown)


def test_each_message_is_a_line_and_below_it_stands_what_is_wrong_with_it(see: See, out: io.StringIO) -> None:
    tell(see, Text(out))
    assert re.sub(r"xsd:\d+", "xsd:N", out.getvalue()) == EXPECTED


def test_pretty_is_xml_over_several_lines(see: See, out: io.StringIO) -> None:
    showing = Text(out, pretty=True)
    for shown in see(on_the_wire(FIRST)):
        showing.show(shown)
    assert out.getvalue().splitlines()[5:10] == [
        "09:00:00.000    1  -->     2",
        '    <login xmlns="urn:xmlchat:1" id="1" name="alice">',
        "      <password>********</password>",
        "    </login>",
        "09:00:00.000    1  <--     3",
    ]


def test_a_text_is_indented_nowhere() -> None:
    assert "<text>one\n  two</text>" in indented(document('<pm id="1"><text>one&#10;  two</text></pm>'))


def test_nothing_reaches_a_terminal_that_it_would_obey(see: See, out: io.StringIO) -> None:
    text = "\x9b31m\u202e\x85"
    for showing in (Text(out), Text(out, pretty=True)):
        for shown in see(
            [*on_the_wire(FIRST), raw(Side.CLIENT, frame(document(f'<pm id="9"><text>{text}</text></pm>')))]
        ):
            showing.show(shown)
        refused = document(f'<pm id="9" {text}="\x1b[2J\x07"><text>{text}</text></pm>')
        for shown in see([raw(Side.CLIENT, frame(refused)), closed()]):
            showing.show(shown)
    assert out.getvalue().count("\N{REPLACEMENT CHARACTER}") > 10
    assert re.findall(r"[^\n\x20-\x7e…\N{REPLACEMENT CHARACTER}]", out.getvalue()) == []


def test_a_long_line_is_cut(see: See, out: io.StringIO) -> None:
    said = document(f'<pm id="9"><text>{"x" * 4000}</text></pm>')
    showing = Text(out)
    for shown in see([*on_the_wire(FIRST), raw(Side.CLIENT, frame(said))]):
        showing.show(shown)
    line = out.getvalue().splitlines()[-1]
    assert line.endswith("x…")
    assert len(line) < MAX_LINE + 40


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (frame(b"<login"), "(6 octets, refused; not shown, since they may hold a password)"),
        (b"SSH-2.0-x", "(4 octets, not a document; not shown, since they may hold a password)"),
    ],
)
def test_what_may_hold_a_password_is_only_counted(octets: bytes, words: str, see: See, out: io.StringIO) -> None:
    showing = Text(out)
    for shown in see([opened(), raw(Side.CLIENT, octets)]):
        showing.show(shown)
    assert words in out.getvalue()


def test_for_programs_each_line_is_an_object(see: See, out: io.StringIO) -> None:
    showing = NdJson(out)
    tell(see, showing)
    showing.finish(summed({Side.CLIENT: 3, Side.SERVER: 2}, 1, {"XC608 wrong-value": 1}))
    lines: list[dict[str, Any]] = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["type"] for line in lines] == [
        *("opened", "message", "message", "message", "message", "finding", "message"),
        *("closed", "finding", "unserved", "summary"),
    ]
    assert lines[2]["message"] == {
        **{"type": "login", "id": "1", "name": "alice", "password": "********"},
        **{"rooms": [], "extensions": []},
    }
    assert {**lines[2], "message": None, "document": None} == {
        **{"type": "message", "connection": 1, "sender": "client", "client": "127.0.0.1:51544"},
        **{"server": "127.0.0.1:7700", "frame": 2, "time": "2026-03-01T09:00:00.000Z", "octets": 86},
        **{"message": None, "document": None},
    }
    assert (lines[4]["document"], "message" in lines[4]) == (WRONG.decode(), False)
    assert (lines[5]["rule"], lines[5]["frame"], lines[5]["at"]) == ("XC608", 4, "/pm/@room")
    assert lines[-1] == {
        **{"type": "summary", "client": 3, "server": 2, "unserved": 1},
        **{"findings": {"XC608 wrong-value": 1}},
    }


@pytest.mark.parametrize(
    ("unserved", "findings", "words"),
    [
        (0, {}, "3 from clients, 2 from the server; nothing found"),
        (
            1,
            {"XC608 wrong-value": 2, "XC201 not-a-frame": 1},
            "3 from clients, 2 from the server, 1 connection not passed on; XC201 not-a-frame 1, XC608 wrong-value 2",
        ),
    ],
)
def test_the_summary_counts_each_way_and_by_rule(
    unserved: int, findings: dict[str, int], words: str, out: io.StringIO
) -> None:
    Text(out).finish(summed({Side.CLIENT: 3, Side.SERVER: 2}, unserved, findings))
    assert out.getvalue() == f"{words}\n"
