"""A capture that the server wrote with --capture (PROTOCOL.md §9.1), turned into items."""

from __future__ import annotations

from typing import BinaryIO

from schema import capture
from schema.messages import Side
from schema.tools.inputs.item import Document, Ended, Fault, Items, Stream, Where

#: Connections that are followed at once. The file does not say when one has ended, so those go that have been silent
#: longest, and memory stays the same however long the capture is.
MAX_OPEN = 10_000

_Streams = dict[Side, Stream]


def read_recorded(name: str, file: BinaryIO) -> Items:
    """The first line of the capture was read already."""
    connections: dict[int, _Streams] = {}
    number = 0
    try:
        for number, record in enumerate(capture.read_records(file), 1):
            # Taken out and put in again, so that the first is the one that has been silent longest.
            streams = connections.pop(record.connection, None) or _streams(name, record.connection)
            connections[record.connection] = streams
            where = Where(streams[record.sender], number, record.offset, None, None, record.time)
            if record.kind is capture.Kind.OCTETS:
                yield Fault("never-a-document", "These octets never became a document.", where)
            elif record.octets and not record.octets.strip(b"*"):
                sentence = "The server refused this document, and did not keep it since it may hold a password."
                yield Fault("never-a-document", sentence, where)
            else:
                yield Document(record.octets, where)
            if len(connections) > MAX_OPEN:
                yield Ended(connections.pop(next(iter(connections)))[Side.CLIENT], closed=False)
    except capture.BrokenCapture as error:
        where = Where(Stream(name), number + 1, error.offset)
        yield Fault("broken-capture", str(error), where)
    for streams in connections.values():
        yield Ended(streams[Side.CLIENT], closed=False)


def _streams(name: str, connection: int) -> _Streams:
    return {side: Stream(name, side, connection) for side in Side}
