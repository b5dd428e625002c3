from __future__ import annotations

from schema.messages import Side
from schema.tools.inputs.item import Stream, Where
from schema.tools.rules.finding import Declared, Excerpt, Finding
from schema.tools.rules.table import BY_NAME


def test_what_is_not_known_is_left_out() -> None:
    finding = Finding(BY_NAME["missing-bytes"], "Gone.", Where(Stream("a.pcap")))
    assert finding.as_fields() == {
        **{"rule": "XC101", "name": "missing-bytes", "layer": "transport", "severity": "error"},
        **{"message": "Gone.", "file": "a.pcap"},
    }


def test_all_that_is_known_is_told() -> None:
    stream = Stream("a.pcap", Side.CLIENT, 2, "10.0.0.5:51544", "10.0.0.1:7700")
    where = Where(stream, 3, 400, 200, 9, "2026-03-01T09:00:00.000Z")
    finding = Finding(
        BY_NAME["wrong-value"],
        "It is 'X'.",
        where,
        1,
        20,
        "/pm/@room",
        Excerpt(1, "<pm …", 3, 1),
        Declared("schema/chat.xsd", 160, "Name"),
    )
    assert finding.as_fields() == {
        **{"rule": "XC608", "name": "wrong-value", "layer": "schema", "severity": "error", "message": "It is 'X'."},
        **{
            "file": "a.pcap",
            "connection": 2,
            "sender": "client",
            "client": "10.0.0.5:51544",
            "server": "10.0.0.1:7700",
        },
        **{"frame": 3, "offset": 400, "position": 200, "packet": 9, "time": "2026-03-01T09:00:00.000Z"},
        **{"line": 1, "column": 20, "at": "/pm/@room", "source": "<pm …", "schema": "schema/chat.xsd:160 type Name"},
    }
