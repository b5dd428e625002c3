from __future__ import annotations

import pytest

from schema.framing import frame
from schema.messages import Side
from schema.tools.inputs.connection import Connection, Speech
from schema.tools.inputs.framed import Counter
from schema.tools.inputs.headers import End
from schema.tools.inputs.item import Document
from tests.schema.tools.traffic import Sent, chat, segments

ENDS: tuple[End, End] = ((b"\x7f\0\0\1", 40_000), (b"\x7f\0\0\1", 40_001))


def connection(port: int | None = None) -> Connection:
    return Connection("a.pcap", 1, ENDS, Counter(), 1024 * 1024, port)


@pytest.mark.parametrize("server", [0, 1])
def test_the_port_named_is_the_servers(server: int) -> None:
    """Whatever is said there."""
    said = connection(ENDS[server][1])
    items = [item for n, one in enumerate(segments(chat(1))) for item in said.feed(one.segment(n))]
    first = next(item for item in items if isinstance(item, Document))
    assert first.where.stream.sender is (Side.SERVER if server == 1 else Side.CLIENT)


@pytest.mark.parametrize("opener", [0, 1])
def test_who_opened_the_connection_is_the_client(opener: int) -> None:
    said = connection()
    said.opened_by = opener
    items = [item for n, one in enumerate(segments(chat(1))) for item in said.feed(one.segment(n))]
    first = next(item for item in items if isinstance(item, Document))
    assert first.where.stream.sender is (Side.SERVER if opener == 0 else Side.CLIENT)


def test_it_is_not_decided_before_enough_was_said() -> None:
    said = connection()
    handshake = segments([])[:3]
    for number, one in enumerate(handshake):
        assert list(said.feed(one.segment(number))) == []
    first = Sent(1, handshake[1].sequence + 1, handshake[2].sequence, 0x10, frame(b"<a/>")[:3])
    assert list(said.feed(first.segment(4))) == []
    undecided = said.speech
    assert undecided is Speech.UNKNOWN
    rest = Sent(1, first.sequence + 3, first.acknowledged, 0x10, frame(b"<a/>")[3:])
    assert [type(item) for item in said.feed(rest.segment(5))] == [Document]
    assert said.speech is Speech.OURS
