"""A stream of frames, cut into documents: from a raw file, or from a direction of a TCP connection that has holes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from schema.errors import Refusal
from schema.framing import FrameReader
from schema.limits import MAX_SERVER_DOCUMENT, PREFIX
from schema.tools.inputs.item import Document, Fault, Item, Items, Stream, Where

#: Octets read at once from a stream.
CHUNK = 256 * 1024

#: A length below 16 MiB and the first octet of an XML document. XML holds no octet 0, so there is none in between.
_BEGINNING = re.compile(rb"\0[\0-\xff]{3}(?=[<\xef \t\r\n])", re.DOTALL)


class Counter:
    """Numbers the documents of a file, over all its connections."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last += 1
        return self.last


class Cutter:
    """Takes the octets of one stream in order and gives items.

    After a hole, and where a stream is not known from its beginning, it looks for the next place where a plausible
    length is followed by the beginning of a document.
    """

    def __init__(self, stream: Stream, numbers: Counter, limit: int = MAX_SERVER_DOCUMENT) -> None:
        self._stream = stream
        self._numbers = numbers
        self._limit = limit
        self._reader = FrameReader(limit)
        #: Octets of the stream before the first that the reader was given.
        self._base = 0
        #: Octets of the stream that have come or are known to be missing.
        self.position = 0
        # Where a frame that is not complete has begun: packet, time, and its octet in the file.
        self._begun: tuple[int | None, int | None, int | None] = (None, None, None)
        # While looking for a beginning: what has come since the last place where one could be.
        self._searching: bytes | None = None if stream.begun else b""
        self._broken = False

    @property
    def partial(self) -> bool:
        """Whether a frame has begun and is not complete."""
        return self._reader.partial

    def feed(
        self, octets: bytes, offset: int | None = None, packet: int | None = None, time: int | None = None
    ) -> Iterator[Item]:
        """`offset` is where the octets stand in the file."""
        start = self.position
        self.position += len(octets)
        if self._broken:
            return
        if self._searching is not None:
            octets = self._searching + octets
            found = plausible(octets, self._limit)
            if found is None:
                self._searching = octets[-PREFIX:]
                return
            kept = len(self._searching)
            self._searching = None
            start += found - kept
            if offset is not None:
                offset += found - kept
            octets = octets[found:]
            self._restart(start)
        documents = self._reader.feed(octets)
        stream, numbers = self._stream, self._numbers
        for one, begins in zip(documents, self._beginnings(documents), strict=True):
            here = (packet, time, None if offset is None else offset + begins - start)
            at = here if begins >= start else self._begun
            numbers.last += 1
            where = Where(stream, numbers.last, at[2], begins, at[0], at[1])
            if isinstance(one, Refusal):
                self._broken = one.code.fatal
                yield Fault(one.code.name, one.sentence, where)
            else:
                yield Document(one, where)
        begins = self._base + self._reader.offset
        if self._reader.partial and begins >= start:
            self._begun = (packet, time, None if offset is None else offset + begins - start)

    def _beginnings(self, documents: list[bytes | Refusal]) -> list[int]:
        """Where each of them begins in the stream.

        A refusal says it itself; how much it passes over is known from the next one.
        """
        end = self._base + self._reader.offset
        if len(documents) == 1 and isinstance(documents[0], bytes):
            return [end - len(documents[0]) - PREFIX]
        beginnings = []
        for one in reversed(documents):
            end = self._base + (one.offset or 0) if isinstance(one, Refusal) else end - len(one) - PREFIX
            beginnings.append(end)
        return beginnings[::-1]

    def miss(self, count: int) -> str:
        """So many octets are missing here. Says in words which document is lost by that."""
        position = self._base + self._reader.offset
        cut = self._reader.partial and not self._broken and self._searching is None
        self.position += count
        self._searching = b""
        self._broken = False
        self._reader = FrameReader(self._limit)
        return f"The document that begins at octet {position:,} of the stream is cut by that." if cut else ""

    def end(self) -> Iterator[Item]:
        """Nothing more comes, though it should be between two frames."""
        if self._broken or not self._reader.partial:
            return
        packet, time, offset = self._begun
        position = self._base + self._reader.offset
        where = Where(self._stream, self._numbers.next(), offset, position, packet, time)
        yield Fault(
            "frame-cut",
            f"The stream ends inside a frame, of which {self.position - position:,} octets are there.",
            where,
        )

    def _restart(self, position: int) -> None:
        self._reader = FrameReader(self._limit)
        self._base = position


def plausible(octets: bytes, limit: int = MAX_SERVER_DOCUMENT) -> int | None:
    """The first place at which a frame may begin: a length, and then what documents begin with."""
    for found in _BEGINNING.finditer(octets):
        if PREFIX < int.from_bytes(found[0], "big") <= limit + PREFIX:
            return found.start()
    return None


def read_framed(file: BinaryIO, start: bytes, stream: Stream, limit: int = MAX_SERVER_DOCUMENT) -> Items:
    """A file that is one stream from its first octet on; `start` was read already."""
    cutter = Cutter(stream, Counter(), limit)
    octets = start
    while octets:
        yield from cutter.feed(octets, cutter.position)
        # What has come, not a full buffer: somebody may be watching a pipe.
        octets = file.read1(CHUNK)  # type: ignore[attr-defined]
    yield from cutter.end()
