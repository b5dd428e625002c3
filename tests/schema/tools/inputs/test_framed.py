from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.framing import frame
from schema.limits import MAX_DOCUMENT, MAX_SERVER_DOCUMENT
from schema.tools.inputs.framed import Counter, Cutter, plausible, read_framed
from schema.tools.inputs.item import Document, Ended, Fault, Item, Stream

PING = b'<ping xmlns="urn:xmlchat:1" id="1"/>'
SIZE = len(frame(PING))

Shape = tuple[bytes | str, int | None, int | None]


def shape(item: Item) -> Shape:
    assert not isinstance(item, Ended)
    found = item.octets if isinstance(item, Document) else item.rule
    return found, item.where.frame, item.where.offset


def read(octets: bytes) -> list[Shape]:
    file = io.BufferedReader(io.BytesIO(octets))
    return [shape(item) for item in read_framed(file, file.read(4), Stream("file"))]


def cutter(*, begun: bool = True) -> Cutter:
    return Cutter(Stream("file", begun=begun), Counter())


def test_a_stream_gives_each_document_with_its_number_and_octet() -> None:
    assert read(frame(PING) * 2 + frame(b"")) == [(PING, 1, 0), (PING, 2, SIZE), (b"", 3, 2 * SIZE)]


@pytest.mark.parametrize("cut", [1, 3, 4, 10, SIZE - 1])
def test_a_stream_that_is_cut_ends_in_a_fault(cut: int) -> None:
    assert read(frame(PING) + frame(PING)[:cut]) == [(PING, 1, 0), ("frame-cut", 2, SIZE)]


def test_after_a_length_that_is_none_nothing_more_is_read() -> None:
    assert read(frame(PING) + b"\0\0\0\1" + frame(PING)) == [(PING, 1, 0), ("not-a-frame", 2, SIZE)]


@pytest.mark.parametrize("size", [MAX_DOCUMENT, MAX_DOCUMENT + 1, 300_000, MAX_SERVER_DOCUMENT])
def test_documents_longer_than_what_is_read_at_once_are_put_together(size: int) -> None:
    found = read(frame(PING) + frame(b"x" * size) + frame(PING))
    assert [one[1:] for one in found] == [(1, 0), (2, SIZE), (3, SIZE + size + 4)]


@given(st.lists(st.integers(0, 300), max_size=8), st.data())
def test_however_a_stream_comes_in_pieces_the_places_are_the_same(sizes: list[int], data: st.DataObject) -> None:
    stream = b"".join(frame(b"x" * size) for size in sizes)
    pieces = cutter()
    found: list[Shape] = []
    start = 0
    while start < len(stream):
        size = data.draw(st.integers(1, 200))
        found += [shape(item) for item in pieces.feed(stream[start : start + size], start)]
        start += size
    assert found == read(stream)


def test_a_place_after_a_frame_that_is_too_large_is_right() -> None:
    small = Cutter(Stream("file"), Counter(), limit=len(PING))
    large = frame(b"x" * 100)
    found = [shape(item) for item in small.feed(frame(PING) + large + frame(PING), 0)]
    assert found == [(PING, 1, 0), ("too-large", 2, SIZE), (PING, 3, SIZE + len(large))]


@pytest.mark.parametrize("lost", [1, 4, 10, SIZE, SIZE + 3])
def test_after_a_hole_it_goes_on_with_the_next_whole_frame(lost: int) -> None:
    stream = frame(PING) * 5
    start = SIZE + 2
    pieces = cutter()
    before = list(pieces.feed(stream[:start], 0))
    said = pieces.miss(lost)
    after = list(pieces.feed(stream[start + lost :], start + lost))
    assert [shape(item)[0] for item in before] == [PING]
    assert said == f"The document that begins at octet {SIZE} of the stream is cut by that."
    whole = -(-(start + lost) // SIZE)
    assert [shape(item) for item in after] == [(PING, 2 + n, (whole + n) * SIZE) for n in range(5 - whole)]
    assert not pieces.partial


@pytest.mark.parametrize("skipped", range(SIZE + 1))
def test_a_stream_that_is_not_known_from_its_beginning_is_found_octet_by_octet(skipped: int) -> None:
    stream = (frame(PING) * 3)[skipped:]
    pieces = cutter(begun=False)
    found = [item for place in range(len(stream)) for item in pieces.feed(stream[place : place + 1], place)]
    assert [shape(item)[0] for item in found] == [PING] * (3 if skipped == 0 else 2)


def test_a_hole_between_two_frames_cuts_no_document() -> None:
    pieces = cutter()
    assert [type(item) for item in pieces.feed(frame(PING))] == [Document]
    assert pieces.miss(SIZE) == ""
    assert [type(item) for item in pieces.end()] == []


def test_the_end_within_a_frame_is_a_fault() -> None:
    pieces = cutter()
    assert list(pieces.feed(frame(PING)[:7])) == []
    [fault] = pieces.end()
    assert isinstance(fault, Fault)
    assert "7 octets" in fault.sentence


@pytest.mark.parametrize(
    ("octets", "place"),
    [
        (b"", None),
        (frame(PING), 0),
        (b"</pm>" + frame(PING), 5),
        (b"\x42<pm" + frame(PING), 4),
        (b"\0\0\x42<pm xmlns='" + frame(PING), 14),
        (b"\0\0\0\0<" + frame(PING), 5),
        (b"\0\xff\xff\xff<", None),
        (b"\0\0\0\x42[1,2]", None),
    ],
)
def test_what_looks_like_the_beginning_of_a_frame(octets: bytes, place: int | None) -> None:
    assert plausible(octets) == place
