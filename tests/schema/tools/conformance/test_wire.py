from __future__ import annotations

import socket

from schema.framing import frame
from schema.messages import Side
from schema.tools.conformance.pattern import document
from schema.tools.conformance.wire import Wire


def test_each_connection_is_judged_as_one_of_its_own() -> None:
    wire = Wire(Side.CLIENT, 5.0)
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            ours = socket.create_connection(listening.getsockname())
            theirs, _ = listening.accept()
        line = wire.line(ours)
        theirs.sendall(frame(document('<pm id="1"><text>too early</text></pm>')))
        theirs.close()
        line.wait_for_end()
        line.close()
    early = [one.where.stream.connection for one in wire.findings if one.rule.name == "not-now"]
    assert early == [1, 2]
    assert wire.documents() == 2
