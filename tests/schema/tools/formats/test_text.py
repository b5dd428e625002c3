from __future__ import annotations

import re

from tests.schema.tools.formats.conftest import Tell

EXPECTED = """\
valid.xml  valid ping
wrong.xml
  2:9  error  XC608 wrong-value: The attribute 'room' is 'Tea Room'; expected 1 to 32 of the characters a-z 0-9 . _ -, \
the first a letter; names are lower case.
      2 |  id="1" room="Tea Room"><text/></pm>
        |         ^^^^
        = schema/chat.xsd:N type Name
a&b.pcap  connection 2  client 10.0.0.5:51544 -> 10.0.0.1:7700  frame 3  octet 8412  packet 91  2026-03-01T12:04:07.113Z
  2:9  error  XC608 wrong-value: The attribute 'room' is 'Tea Room'; expected 1 to 32 of the characters a-z 0-9 . _ -, \
the first a letter; names are lower case.
      2 |  id="1" room="Tea Room"><text/></pm>
        |         ^^^^
        = schema/chat.xsd:N type Name
a&b.pcap  connection 2  client 10.0.0.5:51544 -> 10.0.0.1:7700  octet 8412  packet 91  2026-03-01T12:04:07.113Z
  error  XC101 missing-bytes: 1,448 octets of the stream are not in the capture.
a&b.pcap  octet 9000
  note  XC105 capture-ends: The file ends in the middle of a packet.
3 documents, 1 valid, 2 invalid, 3 errors, 1 note
"""


def test_where_what_and_the_lines(tell: Tell) -> None:
    assert re.sub(r"xsd:\d+", "xsd:N", tell("text")) == EXPECTED


def test_quiet_leaves_out_the_summary(tell: Tell) -> None:
    assert re.sub(r"xsd:\d+", "xsd:N", tell("text", quiet=True)) == EXPECTED[: EXPECTED.rindex("3 documents")]


def test_colours_are_put_around_the_same_words(tell: Tell) -> None:
    coloured = tell("text", colour=True)
    assert "\x1b[1;31merror\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == tell("text")
