from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from schema.capture import MAGIC, Kind, Record, write_record
from schema.errors import Refusal
from schema.framing import frame
from schema.limits import MAX_DOCUMENT, MAX_SERVER_DOCUMENT
from schema.messages import Side
from schema.tools.sources import Item, Unreadable, read_items

PING = b'<ping xmlns="urn:xmlchat:1" id="1"/>'
TIME = "2026-01-31T23:59:59.000Z"
RECORD = Record(TIME, 3, Side.CLIENT, Kind.DOCUMENT, PING)


@pytest.fixture
def items(tmp_path: Path) -> Items:
    return Items(tmp_path / "file")


class Items:
    """Reads octets as a file on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, octets: bytes) -> list[Item]:
        self.path.write_bytes(octets)
        return list(read_items(str(self.path)))


def shape(item: Item) -> tuple[bytes | str, int | None, int | None]:
    found = item.found.code.name if isinstance(item.found, Refusal) else item.found
    return found, item.frame, item.offset


@pytest.mark.parametrize("octets", [PING, b"", b"x", b"GET / HTTP/1.1\r\n\r\n", MAGIC[:-1], b"\xff\xfe<\0"])
def test_what_is_neither_a_stream_nor_a_capture_is_one_document(items: Items, octets: bytes) -> None:
    assert items(octets) == [Item(octets)]


def test_a_framed_stream_gives_each_document_with_its_number_and_offset(items: Items) -> None:
    size = len(frame(PING))
    assert [shape(item) for item in items(frame(PING) * 2 + frame(b""))] == [
        (PING, 1, 0),
        (PING, 2, size),
        (b"", 3, 2 * size),
    ]


@pytest.mark.parametrize("cut", [1, 3, 4, 10])
def test_a_stream_that_is_cut_ends_in_a_refusal(items: Items, cut: int) -> None:
    first, second = items(frame(PING) + frame(PING)[:cut])
    assert shape(first) == (PING, 1, 0)
    assert shape(second) == ("not-a-frame", 2, len(frame(PING)))
    assert f"{cut} octets" in str(second.found)


def test_after_a_length_that_is_none_nothing_more_is_read(items: Items) -> None:
    stream = frame(PING) + b"\0\0\0\1" + frame(PING)
    assert [shape(item) for item in items(stream)] == [(PING, 1, 0), ("not-a-frame", 2, len(frame(PING)))]


@pytest.mark.parametrize("size", [MAX_DOCUMENT, MAX_DOCUMENT + 1, 300_000, MAX_SERVER_DOCUMENT])
def test_documents_longer_than_what_is_read_at_once_are_put_together(items: Items, size: int) -> None:
    stream = frame(PING) + frame(b"x" * size) + frame(PING)
    assert [shape(item)[1:] for item in items(stream)] == [
        (1, 0),
        (2, len(frame(PING))),
        (3, len(stream) - len(frame(PING))),
    ]


def test_a_capture_gives_its_records_with_all_that_is_known_of_them(items: Items) -> None:
    [item] = items(MAGIC + write_record(RECORD))
    assert (item.found, item.frame, item.sender, item.connection, item.time) == (PING, 1, Side.CLIENT, 3, TIME)
    assert item.offset is not None
    assert items.path.read_bytes()[item.offset :].startswith(PING)


def test_octets_in_a_capture_that_were_no_document_are_a_refusal(items: Items) -> None:
    [item] = items(MAGIC + write_record(Record(TIME, 1, Side.CLIENT, Kind.OCTETS, b"GET /")))
    assert shape(item)[0] == "not-a-frame"


def test_a_broken_capture_gives_what_is_whole_and_a_refusal(items: Items) -> None:
    whole = MAGIC + write_record(RECORD)
    assert [shape(item) for item in items(whole + b"nonsense\n")][1:] == [("not-a-frame", 2, len(whole))]


def test_an_empty_capture_holds_nothing(items: Items) -> None:
    assert items(MAGIC) == []


def test_a_dash_is_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(frame(PING))))
    assert [shape(item) for item in read_items("-")] == [(PING, 1, 0)]


@pytest.mark.parametrize("name", ["missing", "."])
def test_what_cannot_be_opened_is_unreadable(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unreadable):
        list(read_items(str(tmp_path / name)))
