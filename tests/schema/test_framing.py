from __future__ import annotations

from itertools import accumulate
from typing import Any

import pytest

from schema.errors import Refusal
from schema.framing import FrameReader, frame
from schema.limits import MAX_DOCUMENT, MAX_SKIPPED_FRAME, PREFIX
from schema.messages import Ping
from tests.examples import EXAMPLES, Example, gets_its_verdict, octet_by_octet, read

PING = b'<ping xmlns="urn:xmlchat:1" id="next"/>'
NEXT = Ping(id="next")


def codes(found: list[bytes | Refusal]) -> list[bytes | str]:
    return [one if isinstance(one, bytes) else one.code.name for one in found]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_gets_its_verdict_in_one_piece(example: Example) -> None:
    assert gets_its_verdict(example, read([example.stream], example.sender)[0])


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_gets_its_verdict_octet_by_octet(example: Example) -> None:
    assert gets_its_verdict(example, read(octet_by_octet(example.stream), example.sender)[0])


@pytest.mark.parametrize("example", [one for one in EXAMPLES if not one.framed], ids=str)
def test_what_follows_an_example_is_still_read(example: Example) -> None:
    first, second = read([example.stream + frame(PING)], example.sender)
    assert gets_its_verdict(example, first)
    assert second == NEXT


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.closes], ids=str)
def test_nothing_comes_after_a_fatal_refusal(example: Example) -> None:
    assert len(read([frame(PING), example.stream + frame(PING), frame(PING)], example.sender)) == 2


def test_a_frame_is_the_length_with_its_own_octets_and_then_the_document() -> None:
    assert frame(b"<ok/>") == b"\0\0\0\x09<ok/>"


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, "not-a-frame"),
        (PREFIX - 1, "not-a-frame"),
        (PREFIX + MAX_DOCUMENT + 1, "too-large"),
        (MAX_SKIPPED_FRAME, "too-large"),
        (MAX_SKIPPED_FRAME + 1, "not-a-frame"),
        (2**31, "not-a-frame"),
        (2**32 - 1, "not-a-frame"),
    ],
)
def test_a_length_outside_the_limits_is_refused_at_once(length: int, expected: str) -> None:
    assert codes(FrameReader().feed(length.to_bytes(PREFIX, "big"))) == [expected]


@pytest.mark.parametrize("size", [0, 1, MAX_DOCUMENT])
def test_a_document_within_the_limits_is_handed_out_whole(size: int) -> None:
    assert FrameReader().feed(frame(b"x" * size)) == [b"x" * size]


@pytest.mark.parametrize(("limit", "expected"), [(5, [b"<ok/>"]), (4, ["too-large"])])
def test_the_limit_is_the_callers(limit: int, expected: list[bytes | str]) -> None:
    assert codes(FrameReader(limit).feed(frame(b"<ok/>"))) == expected


@pytest.mark.parametrize("size", [MAX_DOCUMENT + 1, MAX_SKIPPED_FRAME - PREFIX])
@pytest.mark.parametrize("piece", [1000, 65_536, 2**21])
def test_a_frame_that_is_too_large_is_skipped_and_the_next_one_is_read(size: int, piece: int) -> None:
    stream = frame(PING) + frame(b"x" * size) + frame(PING)
    frames = FrameReader()
    found = [one for i in range(0, len(stream), piece) for one in frames.feed(stream[i : i + piece])]
    assert codes(found) == [PING, "too-large", PING]
    assert frames.offset == len(stream)
    assert not frames.partial


def test_of_a_frame_that_is_skipped_nothing_is_held() -> None:
    frames = FrameReader()
    frames.feed((MAX_SKIPPED_FRAME).to_bytes(PREFIX, "big") + b"x" * 500_000)
    assert frames.partial
    assert frames.held == 0


def test_a_refusal_says_where_its_frame_begins() -> None:
    found = FrameReader().feed(frame(PING) + frame(b"x" * (MAX_DOCUMENT + 1)) + b"GET /")
    assert [one.offset for one in found if isinstance(one, Refusal)] == [
        len(frame(PING)),
        len(frame(PING)) + PREFIX + MAX_DOCUMENT + 1,
    ]


@pytest.mark.parametrize(
    ("start", "guess"),
    [
        (b"GET / HTTP/1.1\r\n", "an HTTP request"),
        (b"PRI * HTTP/2.0\r\n", "an HTTP/2 request"),
        (b"\x16\x03\x01\x02\0", "TLS"),
        (b"SSH-2.0-x", "SSH"),
        (b"NICK anna\r\n", "IRC"),
        (b"<ping/>", "XML without its length"),
        (b"\xff\xff\xff\xff", "4,294,967,295"),
    ],
)
def test_who_speaks_something_else_is_told_what_it_looks_like(start: bytes, guess: str) -> None:
    [refusal] = FrameReader().feed(start)
    assert isinstance(refusal, Refusal)
    assert guess in refusal.sentence


def test_what_has_come_of_a_cut_frame_is_known() -> None:
    frames = FrameReader()
    assert not frames.partial
    assert frames.feed(frame(PING) + frame(PING)[:7]) == [PING]
    assert (frames.partial, frames.held) == (True, 7)
    assert frames.offset == len(frame(PING))
    assert frames.feed(frame(PING)[7:]) == [PING]
    assert (frames.partial, frames.held) == (False, 0)


def test_a_stream_gives_the_same_documents_wherever_it_is_cut() -> None:
    documents = [b"", b"a", PING, b"<x/>" * 9]
    stream = b"".join(map(frame, documents))
    assert list(accumulate(len(frame(one)) for one in documents))[-1] == len(stream)
    for cut in range(len(stream) + 1):
        frames = FrameReader()
        assert frames.feed(stream[:cut]) + frames.feed(stream[cut:]) == documents


class CountingBuffer(bytearray):
    """A buffer that counts the octets that are read from it."""

    read = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        self.read += len(found) if isinstance(key, slice) else 1
        return found


def test_octet_by_octet_no_document_is_looked_through_again() -> None:
    frames, buffer = FrameReader(), CountingBuffer()
    frames._buffer = buffer
    document = b"x" * 20_000
    assert [one for octet in octet_by_octet(frame(document)) for one in frames.feed(octet)] == [document]
    assert frames._buffer is buffer
    assert buffer.read <= (PREFIX + 1) * len(frame(document))
