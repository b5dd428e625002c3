"""A recorded conversation: what went over the wire, when, on which connection and from which side.

A capture is a first line `xmlchat-capture 1` and then records. A record is one line of ASCII

    TIME CONNECTION SENDER KIND LENGTH

then LENGTH octets exactly as they were, then a line feed. KIND is `document` (one document, without its length prefix)
or `octets` (what never became a document: a bad prefix, or the part of a frame that was cut). Passwords are blanked
before anything is written, so a capture can be handed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, BinaryIO

from schema.codec import encode
from schema.errors import ChatError
from schema.limits import MAX_SKIPPED_FRAME
from schema.messages import Message, Side, secrets_of

MAGIC = b"xmlchat-capture 1\n"

_HEADER = re.compile(rb"(\S+) ([0-9]{1,18}) (client|server) (document|octets) ([0-9]{1,9})\n")
#: Octets of a record's first line; the longest we write has 80.
_MAX_HEADER = 256

#: What a refused document may call a password, an invitation, or what holds them.
_SECRET = re.compile(rb"pas|pw|login|invit|[<:](?:old|new)|(?:old|new)\s*=", re.IGNORECASE)

#: What stands in place of a secret, by its field: valid against the schema.
_BLANKS = {**dict.fromkeys(("password", "old", "new"), "********"), "invitation": "--------"}


class Kind(Enum):
    DOCUMENT = "document"
    OCTETS = "octets"


class BrokenCapture(ChatError):
    """A capture cannot be read on; `offset` is the octet where it breaks."""

    def __init__(self, sentence: str, offset: int) -> None:
        super().__init__(sentence)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Record:
    """`time` as in the documents; `connection` counts from 1; `offset` is where `octets` begin in the capture."""

    time: str
    connection: int
    sender: Side
    kind: Kind
    octets: bytes
    offset: int = 0


def write_record(record: Record) -> bytes:
    """The record as it stands in a capture. Of what a client sent, give `without_password` here."""
    head = f"{record.time} {record.connection} {record.sender.value} {record.kind.value} {len(record.octets)}\n"
    return head.encode("ascii") + record.octets + b"\n"


def without_password(octets: bytes, message: Message | None, *, logged_in: bool) -> bytes:
    """What a client sent, with nothing left in it of a password.

    `message` is what the octets say, None where they were refused. A refused document before the login may be a login
    with a mistake in it, so nothing of it is kept but its length; one after the login is kept up to the first word that
    may stand before a password. Better a capture with a hole than one with a secret.
    """
    if message is not None:
        blanks: dict[str, Any] = {name: getattr(message, name) and _BLANKS[name] for name in secrets_of(message)}
        # Written anew, since an extension or the form of the password could hold it once more.
        return encode(replace(message, **blanks)) if blanks else octets
    if not logged_in or b"\0" in octets:
        return b"*" * len(octets)
    suspect = _SECRET.search(octets)
    return octets[: suspect.end()] + b"*" * (len(octets) - suspect.end()) if suspect else octets


def read_records(file: BinaryIO) -> Iterator[Record]:
    """The records of a capture, one by one; its first line has been read. Raises BrokenCapture where they end badly."""
    offset = len(MAGIC)
    while head := file.readline(_MAX_HEADER):
        found = _HEADER.fullmatch(head)
        if found is None:
            raise BrokenCapture("A record should begin here: TIME CONNECTION SENDER KIND LENGTH.", offset)
        length = int(found[5])
        if length > MAX_SKIPPED_FRAME:
            raise BrokenCapture(f"A record of {length:,} octets; the limit is {MAX_SKIPPED_FRAME:,}.", offset)
        offset += len(head)
        octets = file.read(length)
        if len(octets) < length or file.read(1) != b"\n":
            raise BrokenCapture("The capture ends in the middle of a record.", offset)
        yield Record(
            time=found[1].decode("ascii", "replace"),
            connection=int(found[2]),
            sender=Side(found[3].decode()),
            kind=Kind(found[4].decode()),
            octets=octets,
            offset=offset,
        )
        offset += length + 1
