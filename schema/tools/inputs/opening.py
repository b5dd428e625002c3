"""Opens what the command line names and tells by its content what it is."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from schema import capture
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Side
from schema.tools.inputs import message_log, packets
from schema.tools.inputs.framed import read_framed
from schema.tools.inputs.growing import Growing
from schema.tools.inputs.item import Document, Items, Stream, Unreadable, Where
from schema.tools.inputs.packet_capture import read_packet_capture
from schema.tools.inputs.recorded import read_recorded

STDIN = "-"

#: What an XML document may begin with; in a folder only files that do are taken for documents.
_XML = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b" ", b"\t", b"\r", b"\n")

Progress = Callable[[BinaryIO], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read. `limit` is how many octets one document may have; `port` is the server's in a packet capture."""

    port: int | None = None
    sender: Side | None = None
    follow: bool = False
    limit: int = MAX_SERVER_DOCUMENT
    #: Is told of each file that is opened.
    opened: Progress | None = None


def read_items(name: str, reading: Reading | None = None) -> Items:
    """Everything in the file or folder called `name`; `-` is the standard input. Raises Unreadable."""
    reading = reading or Reading()
    try:
        path = Path(name)
        if name == STDIN:
            yield from _items(name, sys.stdin.buffer, reading)
        elif not path.is_dir():
            yield from _file(name, path, reading)
        elif (path / message_log.NAME).is_file():
            yield from message_log.read_message_log(path / message_log.NAME)
        else:
            yield from _folder(path, reading)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None


def _folder(folder: Path, reading: Reading) -> Items:
    """Its files in the order of their names, those in folders below it too. What is none of ours is passed over."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(".") and _is_ours(path):
            yield from _file(str(path), path, reading)


def _is_ours(path: Path) -> bool:
    if path.suffix == ".xml":
        return True
    with path.open("rb") as file:
        start = file.read(len(capture.MAGIC))
    known = (capture.MAGIC, b"\0", message_log.MAGIC, *packets.MAGICS)
    return start.startswith(known) or start.startswith(_XML[:4])


def _file(name: str, path: Path, reading: Reading) -> Items:
    with closing(_open(path, follow=reading.follow)) as file:
        if reading.opened is not None:
            reading.opened(file)
        if file.peek(len(message_log.MAGIC))[:16] == message_log.MAGIC:  # type: ignore[attr-defined]
            yield from message_log.read_message_log(path)
        else:
            yield from _items(name, file, reading)


def _open(path: Path, *, follow: bool) -> BinaryIO:
    return io.BufferedReader(Growing(path)) if follow else path.open("rb")


def _items(name: str, file: BinaryIO, reading: Reading) -> Iterator[Document] | Items:
    start = file.read(4)
    if start in packets.MAGICS:
        return read_packet_capture(name, file, start, reading.port, reading.limit)
    stream = Stream(name, reading.sender)
    if start[:1] == b"\0":
        return read_framed(file, start, stream, reading.limit)
    start += file.read(len(capture.MAGIC) - len(start)) if capture.MAGIC.startswith(start) else b""
    if start == capture.MAGIC:
        return read_recorded(name, file)
    # One octet more than a document may have, so that it is seen to be too large.
    return iter((Document(start + file.read(reading.limit + 1), Where(stream)),))
