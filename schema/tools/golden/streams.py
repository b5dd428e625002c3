"""The streams that are made of examples, and the places at which a stream may be cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schema.framing import frame
from schema.limits import MAX_DOCUMENT, MAX_SERVER_DOCUMENT, PREFIX

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True, slots=True)
class Stream:
    """What is sent one after the other: examples, each in its frame, and octets as they are.

    Of the last one only the first `keep` octets are there, where that is given. `closed` is the code of a refusal after
    which nothing more is read, `skipped` that of one that stands for octets which are no example.
    """

    name: str
    sender: str
    parts: tuple[str | bytes, ...]
    why: str
    keep: int | None = None
    closed: str | None = None
    skipped: str | None = None

    @property
    def file(self) -> str:
        return f"streams/{self.name}.bin"

    @property
    def answered(self) -> tuple[str | bytes, ...]:
        """The parts that a receiver has something to say about."""
        if self.keep is not None:
            return self.parts[:-1]
        if self.closed is None:
            return self.parts
        bad = next(index for index, part in enumerate(self.parts) if isinstance(part, bytes))
        return self.parts[: bad + 1]

    @property
    def end(self) -> str:
        """How it stands when all has been read: `complete`, `incomplete` or `closed`."""
        if self.closed is not None:
            return "closed"
        return "complete" if self.keep is None else "incomplete"


_TOO_LARGE = frame(b"x" * (MAX_DOCUMENT + 1))

STREAMS = (
    Stream("three-frames", "client", ("ping.xml", "pm.xml", "ex.xml"), "One read may give several frames."),
    Stream("three-from-server", "server", ("greeting.xml", "users.xml", "bye.xml"), "The same from the server."),
    Stream("many-scripts", "client", ("pm-scripts.xml", "pm.xml"), "A cut may go through a character."),
    Stream(
        "refused-between",
        "client",
        ("ping.xml", "invalid/pm-without-text.xml", "invalid/pm-foreign-element.xml", "pm.xml"),
        "After a refused document the next is read.",
    ),
    Stream("empty-between", "client", ("ping.xml", "invalid/empty.xml", "ping.xml"), "A length of 4 has its answer."),
    Stream(
        "too-large-between",
        "client",
        ("ping.xml", _TOO_LARGE, "ping.xml"),
        "A frame that is too large is answered at its length, and skipped.",
        skipped="too-large",
    ),
    Stream("cut-in-length", "client", ("ping.xml", "pm.xml"), "The stream ends within a length.", keep=2),
    Stream("cut-behind-length", "client", ("ping.xml", "pm.xml"), "The stream ends behind a length.", keep=PREFIX),
    Stream("cut-in-document", "client", ("ping.xml", "pm.xml"), "The stream ends within a document.", keep=20),
    Stream(
        "bad-length-between",
        "client",
        ("ping.xml", b"\0\0\0\3", "ping.xml"),
        "Behind a bad length nothing is read.",
        closed="not-a-frame",
    ),
    Stream(
        "http-between",
        "client",
        ("ping.xml", b"GET / HTTP/1.1\r\n\r\n", "ping.xml"),
        "The first octet of a frame is 0, wherever it begins.",
        closed="not-a-frame",
    ),
    Stream("first-octet-1", "client", (b"\1\0\0\0",), "A frame never has 16 MiB.", closed="not-a-frame"),
    Stream(
        "server-longest",
        "server",
        ((MAX_SERVER_DOCUMENT + PREFIX).to_bytes(PREFIX, "big"),),
        "The longest frame of a server: there is nothing to refuse yet.",
        keep=PREFIX,
    ),
    Stream(
        "server-too-long",
        "server",
        ((MAX_SERVER_DOCUMENT + PREFIX + 1).to_bytes(PREFIX, "big"),),
        "One octet more than a server may send.",
        closed="not-a-frame",
    ),
)


def octets_of(stream: Stream) -> bytes:
    parts = [part if isinstance(part, bytes) else frame((EXAMPLES / part).read_bytes()) for part in stream.parts]
    return b"".join([*parts[:-1], parts[-1][: stream.keep]])


def boundaries(octets: bytes) -> list[int]:
    """Where frames end, by what their lengths say, up to the first that is not whole."""
    ends = [0]
    while (length := int.from_bytes(octets[ends[-1] : ends[-1] + PREFIX], "big")) >= PREFIX:
        if ends[-1] + length > len(octets):
            break
        ends.append(ends[-1] + length)
    return ends[1:]


def ends_whole(octets: bytes) -> bool:
    return boundaries(octets)[-1:] == [len(octets)]


def cuts_of(octets: bytes) -> Iterator[tuple[int, ...]]:
    """Places of each kind: in a length, behind it, in a tag, in a character, between frames, and several of them."""
    ends = [end for end in boundaries(octets) if end < len(octets)]
    within = [PREFIX + 3, *_within_characters(octets)]
    places = [*range(1, PREFIX + 1), *within, *ends, *(end + 2 for end in ends), *(end + PREFIX for end in ends)]
    inside = sorted({place for place in places if 0 < place < len(octets)})
    yield from ((place,) for place in inside)
    if len(inside) > 1:
        yield tuple(inside)


def _within_characters(octets: bytes) -> Iterator[int]:
    """Inside the first character of each length in octets."""
    seen = set()
    for place, octet in enumerate(octets):
        length = next((n for n, first in ((4, 0xF0), (3, 0xE0), (2, 0xC0)) if octet >= first), 1)
        if length > 1 and length not in seen and len(octets) < MAX_DOCUMENT:
            seen.add(length)
            yield place + length - 1
