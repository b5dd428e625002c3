from __future__ import annotations

import io

import pytest

from schema.capture import MAGIC, Kind, Record, write_record
from schema.messages import Side
from schema.tools.inputs import recorded as module
from schema.tools.inputs.item import Document, Ended, Fault, Item
from schema.tools.inputs.recorded import read_recorded
from tests.schema.tools.traffic import TIME, chat, recorded


def read(octets: bytes) -> list[Item]:
    file = io.BytesIO(octets)
    assert file.read(len(MAGIC)) == MAGIC
    return list(read_recorded("talk.capture", file))


def test_records_come_with_all_that_is_known_of_them() -> None:
    octets = recorded(chat(), connection=3)
    documents = [item for item in read(octets) if isinstance(item, Document)]
    assert [(one.where.stream.sender, one.octets) for one in documents] == chat()
    assert [one.where.frame for one in documents] == list(range(1, len(chat()) + 1))
    assert {one.where.stream.connection for one in documents} == {3}
    assert {one.where.utc for one in documents} == {TIME}
    assert all(octets[one.where.offset or 0 :].startswith(one.octets) for one in documents)


@pytest.mark.parametrize(
    ("kind", "octets"), [(Kind.OCTETS, b"GET /"), (Kind.OCTETS, b"****"), (Kind.DOCUMENT, b"*******")]
)
def test_what_never_became_a_document_is_a_fault(kind: Kind, octets: bytes) -> None:
    [fault, _] = read(MAGIC + write_record(Record(TIME, 1, Side.CLIENT, kind, octets)))
    assert isinstance(fault, Fault)
    assert (fault.rule, fault.where.frame) == ("never-a-document", 1)


def test_a_capture_that_is_broken_gives_what_is_whole() -> None:
    octets = recorded(chat())
    items = read(octets + b"nonsense\n")
    [fault] = [item for item in items if isinstance(item, Fault)]
    assert (fault.rule, fault.where.offset) == ("broken-capture", len(octets))
    assert len([item for item in items if isinstance(item, Document)]) == len(chat())


def test_every_connection_ends_with_the_file_and_its_end_was_not_seen() -> None:
    octets = recorded(chat(), 1) + recorded(chat(), 2)[len(MAGIC) :]
    ends = [item for item in read(octets) if isinstance(item, Ended)]
    assert [(end.stream.connection, end.closed) for end in ends] == [(1, False), (2, False)]


def test_the_connections_that_were_silent_longest_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OPEN", 2)
    order = [1, 2, 1, 3, 1, 4]
    octets = MAGIC + b"".join(recorded(chat()[:1], connection)[len(MAGIC) :] for connection in order)
    assert [item.stream.connection for item in read(octets) if isinstance(item, Ended)] == [2, 3, 1, 4]
