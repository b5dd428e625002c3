"""What an input gives, one at a time: documents, faults of what carried them, and the ends of connections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from schema.errors import ChatError
from schema.messages import Side


class Unreadable(ChatError):
    """A file cannot be read at all."""


@dataclass(slots=True)
class Stream:
    """One direction of one connection, or a file that does not say who sent it.

    `connection` counts from 1 within the file. `begun` is whether it is known from its first octet on. A `log` holds
    what was said, and not who received it.
    """

    file: str
    sender: Side | None = None
    connection: int | None = None
    client: str | None = None
    server: str | None = None
    begun: bool = True
    log: bool = False
    #: Where the judge keeps what it knows of the connection; no business of the input's.
    memory: Any = field(default=None, repr=False, compare=False)


class Where(NamedTuple):
    """Of a document or a fault. What is not known is None.

    `frame` counts the documents of a file from 1, `packet` its packets. `offset` counts the octets of the file to where
    the document begins, `position` those of the stream. `time` is a UTC time as in the documents, or nanoseconds since
    1970.
    """

    stream: Stream
    frame: int | None = None
    offset: int | None = None
    position: int | None = None
    packet: int | None = None
    time: str | int | None = None

    @property
    def utc(self) -> str | None:
        """The time as in the documents."""
        return utc(self.time) if isinstance(self.time, int) else self.time


def utc(nanoseconds: int) -> str:
    """A time since 1970 as it is written in the documents."""
    since = timedelta(microseconds=nanoseconds // 1000)
    said = (datetime(1970, 1, 1, tzinfo=UTC) + since).isoformat(timespec="milliseconds")
    return said.removesuffix("+00:00") + "Z"


class Document(NamedTuple):
    octets: bytes
    where: Where


class Fault(NamedTuple):
    """Something wrong with what carries documents. `rule` is a name of schema/tools/rules/table.py.

    With `lost` octets of its stream are missing from here on, so that nothing follows from what is not there.
    """

    rule: str
    sentence: str
    where: Where
    lost: bool = False


class Ended(NamedTuple):
    """Nothing more comes on a connection. `closed` is whether its end was seen, or only that of the file."""

    stream: Stream
    closed: bool


Item = Document | Fault | Ended
Items = Iterator[Item]
