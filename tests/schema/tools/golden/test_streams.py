from __future__ import annotations

import pytest

from schema.framing import frame
from schema.tools.golden.streams import EXAMPLES, STREAMS, Stream, boundaries, cuts_of, ends_whole, octets_of

TWO = frame(b"<a/>") + frame("<ü/>".encode())


def test_a_stream_is_its_parts_in_frames_and_octets_as_they_are() -> None:
    ping = frame((EXAMPLES / "ping.xml").read_bytes())
    assert octets_of(Stream("x", "client", ("ping.xml", b"junk"), "")) == ping + b"junk"
    assert octets_of(Stream("x", "client", ("ping.xml", "ping.xml"), "", keep=2)) == ping + b"\0\0"


@pytest.mark.parametrize(
    ("stream", "answered", "end"),
    [
        (Stream("x", "client", ("a", "b"), ""), ("a", "b"), "complete"),
        (Stream("x", "client", ("a", "b"), "", keep=1), ("a",), "incomplete"),
        (Stream("x", "client", ("a", b"bad", "b"), "", closed="not-a-frame"), ("a", b"bad"), "closed"),
        (Stream("x", "client", ("a", b"long", "b"), "", skipped="too-large"), ("a", b"long", "b"), "complete"),
    ],
)
def test_what_is_answered_and_how_it_ends(stream: Stream, answered: tuple[str | bytes, ...], end: str) -> None:
    assert stream.answered == answered
    assert stream.end == end


def test_frames_end_where_their_lengths_say() -> None:
    assert boundaries(TWO) == [8, 17]
    assert boundaries(TWO[:-1]) == [8]
    assert boundaries(b"\0\0\0\0" + TWO) == []
    assert ends_whole(TWO)
    assert not ends_whole(TWO[:-1])
    assert not ends_whole(TWO + b"\0")


def test_it_is_cut_at_each_kind_of_place() -> None:
    cuts = list(cuts_of(TWO))
    assert {(1,), (4,), (7,), (8,), (10,), (12,), (14,)} <= set(cuts)  # 14 is within the ü
    assert max(cuts, key=len) == tuple(sorted({place for cut in cuts for place in cut}))


def test_names_differ() -> None:
    assert len({stream.name for stream in STREAMS}) == len(STREAMS)
