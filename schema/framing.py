"""Whole documents out of a stream of octets, and back.

A frame is 4 octets, unsigned and big-endian, that give the length of the frame including these 4, and then one document
(the data unit of RFC 5734, section 4). Nothing here knows XML.
"""

from __future__ import annotations

import struct

from schema.errors import Refusal
from schema.limits import MAX_DOCUMENT, MAX_SKIPPED_FRAME, PREFIX

_LENGTH = struct.Struct(">I")

#: What a first octet other than 0 usually means. A frame of ours begins with 0, since the largest is below 16 MiB.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"GET ", "an HTTP request"),
    (b"POST", "an HTTP request"),
    (b"HEAD", "an HTTP request"),
    (b"PUT ", "an HTTP request"),
    (b"OPTI", "an HTTP request"),
    (b"PRI ", "an HTTP/2 request"),
    (b"SSH-", "SSH"),
    (b"\x16\x03", "TLS"),
    (b"<", "XML without its length in front"),
    (b"NICK", "IRC"),
    (b"USER", "IRC"),
    (b"CAP ", "IRC"),
)


def frame(document: bytes) -> bytes:
    """The document as one frame."""
    return (len(document) + PREFIX).to_bytes(PREFIX, "big") + document


class FrameReader:
    """Takes octets as they come and gives documents as they are complete.

    Not thread-safe: it belongs to the one who reads. It holds at most one document of `limit` octets and what `feed`
    was last given; no length is believed before it is checked.
    """

    def __init__(self, limit: int = MAX_DOCUMENT) -> None:
        self._limit = limit
        # The longest frame that is skipped, prefix and all; none is, where documents may be as long as that.
        self._longest = max(MAX_SKIPPED_FRAME, limit + PREFIX)
        self._buffer = bytearray()
        # Octets still to come of a frame that is being skipped.
        self._skipping = 0
        self._broken = False
        #: Where the next frame begins: the octets before it, from the start of the stream.
        self.offset = 0

    @property
    def partial(self) -> bool:
        """Whether a frame has begun and is not complete."""
        return bool(self._buffer) or self._skipping > 0

    @property
    def held(self) -> int:
        """Octets kept of a frame that is not complete; those of one that is being skipped are not kept."""
        return len(self._buffer)

    def feed(self, octets: bytes | bytearray) -> list[bytes | Refusal]:
        """Documents, and refusals where a frame gave none, in the order of the stream.

        A refusal's `offset` is where its frame begins in the stream. After one whose code is fatal nothing more comes
        out, whatever is fed.
        """
        found: list[bytes | Refusal] = []
        if self._broken:
            return found
        if self._skipping:
            octets = self._skip(octets)
        if self._buffer:
            self._buffer += octets
            octets = self._buffer
        start, end = 0, len(octets)
        while end - start >= PREFIX:
            (length,) = _LENGTH.unpack_from(octets, start)
            if not PREFIX <= length <= self._limit + PREFIX:
                refusal = self._refuse(length, bytes(octets[start : start + PREFIX]))
                found.append(refusal)
                if refusal.code.fatal:
                    self._broken = True
                    self._buffer = bytearray()
                    return found
                start += self._pass_over(length, end - start)
            elif end - start >= length:
                found.append(bytes(octets[start + PREFIX : start + length]))
                start += length
                self.offset += length
            else:
                break
        if octets is self._buffer:
            del self._buffer[:start]
        else:
            self._buffer += octets[start:]
        return found

    def _refuse(self, length: int, prefix: bytes) -> Refusal:
        if self._limit + PREFIX < length <= self._longest:
            return Refusal(
                "too-large",
                f"The document has {length - PREFIX:,} octets; the limit is {self._limit:,}. It was skipped unread.",
                offset=self.offset,
            )
        return _not_a_frame(prefix, self.offset, self._longest)

    def _pass_over(self, length: int, come: int) -> int:
        """Drops what has come of a refused frame and notes how much of it is still to come."""
        here = min(length, come)
        self._skipping = length - here
        self.offset += length
        return here

    def _skip(self, octets: bytes | bytearray) -> bytes | bytearray:
        dropped = min(self._skipping, len(octets))
        self._skipping -= dropped
        return octets[dropped:]


def _not_a_frame(prefix: bytes, offset: int, longest: int) -> Refusal:
    for start, what in _FOREIGN:
        if prefix.startswith(start):
            guess = f"This looks like {what}."
            break
    else:
        length = int.from_bytes(prefix[:PREFIX].ljust(PREFIX, b"\0"), "big")
        guess = f"As a length they mean {length:,}; a frame has {PREFIX} to {longest:,} octets."
    return Refusal(
        "not-a-frame",
        f"The octets {prefix[:PREFIX].hex(' ')} do not begin a frame of xmlchat. {guess} "
        f"Send each document after its length in 4 octets, big-endian, these 4 included.",
        offset=offset,
    )
