"""One finding of each kind, for every format."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from schema.messages import Side
from schema.tools.formats import FORMATS
from schema.tools.formats.report import Summary
from schema.tools.inputs.item import Document, Fault, Item, Stream, Where
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import Documents

INVALID = b'<pm xmlns="urn:xmlchat:1"\n id="1" room="Tea Room"><text/></pm>'
VALID = b'<ping xmlns="urn:xmlchat:1" id="1"/>'


def items() -> list[Item]:
    stream = Stream("a&b.pcap", Side.CLIENT, 2, "10.0.0.5:51544", "10.0.0.1:7700")
    place = Where(stream, 3, 8412, 400, 91, "2026-03-01T12:04:07.113Z")
    missing = "1,448 octets of the stream are not in the capture."
    return [
        Document(VALID, Where(Stream("valid.xml"))),
        Document(INVALID, Where(Stream("wrong.xml"))),
        Document(INVALID, place),
        Fault("missing-bytes", missing, place._replace(frame=None), lost=True),
        Fault("capture-ends", "The file ends in the middle of a packet.", Where(Stream("a&b.pcap"), offset=9000)),
    ]


Tell = Callable[..., str]


@pytest.fixture
def tell() -> Tell:
    """What a format says of these items, or of those given."""

    def told(format: str, given: list[Item] | None = None, *, colour: bool = False, quiet: bool = False) -> str:
        out = io.StringIO()
        checker = Checker(Documents().judge)
        report = FORMATS[format](out, quiet=quiet, colour=colour)
        for item in items() if given is None else given:
            if isinstance(item, Document):
                heard = checker.hear(item)
                if not heard.findings:
                    report.valid(heard)
                for finding in heard.findings:
                    report.finding(finding)
            elif isinstance(item, Fault):
                for finding in checker.fault(item):
                    report.finding(finding)
        files = ["valid.xml", "wrong.xml", "a&b.pcap", "gone.xml"]
        report.finish(Summary(files, checker.counts, {"gone.xml": "No such file"}))
        return out.getvalue()

    return told
