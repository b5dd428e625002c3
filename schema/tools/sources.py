"""What the commands read: documents, raw framed streams and captures, told apart by content, one document at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from schema import capture
from schema.errors import ChatError, Refusal
from schema.framing import FrameReader, frame
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Side

#: Octets read at once from a stream.
_CHUNK = 256 * 1024


class Unreadable(ChatError):
    """A file cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to judge: a document, or the refusal that stands in its place.

    `frame` counts from 1 within the file and `offset` in octets; both are None for a file that is one document.
    `sender` is None where the file does not say.
    """

    found: bytes | Refusal
    frame: int | None = None
    offset: int | None = None
    sender: Side | None = None
    connection: int | None = None
    time: str | None = None


def read_items(name: str) -> Iterator[Item]:
    """Everything in the file called `name`; `-` is the standard input. Raises Unreadable."""
    try:
        if name == "-":
            yield from _items(sys.stdin.buffer)
        else:
            with Path(name).open("rb") as file:
                yield from _items(file)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None


def _items(file: BinaryIO) -> Iterator[Item]:
    start = file.read(len(capture.MAGIC))
    if start == capture.MAGIC:
        return _captured(file)
    if start[:1] == b"\0":
        return _framed(start, file)
    return iter((Item(start + file.read(MAX_SERVER_DOCUMENT)),))


def _framed(octets: bytes, file: BinaryIO) -> Iterator[Item]:
    frames = FrameReader(MAX_SERVER_DOCUMENT)
    number = 0
    while octets:
        found = frames.feed(octets)
        for one, offset in zip(found, _offsets(found, frames.offset), strict=True):
            number += 1
            yield Item(one, number, offset)
        octets = file.read(_CHUNK)
    if frames.partial:
        cut = Refusal("not-a-frame", f"The stream ends inside a frame, of which {frames.held} octets are there.")
        yield Item(cut, number + 1, frames.offset)


def _offsets(found: list[bytes | Refusal], end: int) -> list[int]:
    """Where each frame begins, counted back from the end of the last one."""
    offsets = []
    for one in reversed(found):
        end = end - len(frame(one)) if isinstance(one, bytes) else one.offset or 0
        offsets.append(end)
    return offsets[::-1]


def _captured(file: BinaryIO) -> Iterator[Item]:
    number = 0
    try:
        for number, record in enumerate(capture.read_records(file), 1):
            whole = record.kind is capture.Kind.DOCUMENT
            found = record.octets if whole else Refusal("not-a-frame", "These octets never became a document.")
            yield Item(found, number, record.offset, record.sender, record.connection, record.time)
    except capture.BrokenCapture as error:
        yield Item(Refusal("not-a-frame", str(error)), number + 1, error.offset)
