from __future__ import annotations

import re

from tests.schema.tools.formats.conftest import Tell


def test_each_finding_is_a_line_that_editors_can_jump_to(tell: Tell) -> None:
    valid, alone, framed, fault, end = tell("parsable").splitlines()
    assert valid == "valid.xml:1:1: valid ping"
    assert re.fullmatch(r"wrong\.xml:2:9: error XC608 The attribute 'room' is .*", alone)
    assert re.fullmatch(r"a&b\.pcap:2:9: error XC608 .* \[connection 2, frame 3, octet 8412\]", framed)
    assert fault.startswith("a&b.pcap:1:1: error XC101 1,448 octets")
    assert end.endswith("[octet 9000]")
