"""The documents of schema/examples with the verdict that index.json gives each, and the one way the tests read them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from schema.codec import decode
from schema.errors import Refusal
from schema.framing import FrameReader, frame
from schema.messages import MESSAGES, Message, Side

FOLDER = Path(__file__).parent.parent / "schema" / "examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One entry of the index. `element` is there for a valid one, `code` for another; `framed` octets are a stream."""

    file: str
    path: Path
    octets: bytes
    sender: Side
    valid: bool
    element: str | None = None
    code: str | None = None
    at: str | None = None
    closes: bool = False
    framed: bool = False
    why: str | None = None

    @property
    def stream(self) -> bytes:
        """The example as it goes over the wire."""
        return self.octets if self.framed else frame(self.octets)

    def __str__(self) -> str:
        return self.file


def load() -> tuple[Example, ...]:
    entries = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    return tuple(
        Example(**{**entry, "sender": Side(entry["sender"])}, path=path, octets=path.read_bytes())
        for entry in entries
        for path in [FOLDER / entry["file"]]
    )


EXAMPLES = load()
DOCUMENTS = tuple(example for example in EXAMPLES if not example.framed)
VALID = tuple(example for example in DOCUMENTS if example.valid)
INVALID = tuple(example for example in DOCUMENTS if not example.valid)


def message(element: str) -> Message:
    """The plain example of this document, decoded."""
    return decode((FOLDER / f"{element}.xml").read_bytes())


#: One message of every class.
MESSAGE_OF_EACH = tuple(message(element) for element in MESSAGES)


def read(pieces: Iterable[bytes], sender: Side) -> list[Message | Refusal]:
    """What the other side makes of a stream that arrives in these pieces."""
    frames = FrameReader()
    return [said(found, sender) for piece in pieces for found in frames.feed(piece)]


def said(found: bytes | Refusal, sender: Side | None = None, *, guarded: bool = True) -> Message | Refusal:
    """The message that a document says, or why it is refused."""
    if isinstance(found, Refusal):
        return found
    try:
        return decode(found, sender, guarded=guarded)
    except Refusal as refusal:
        return refusal


def octet_by_octet(stream: bytes) -> list[bytes]:
    return [stream[i : i + 1] for i in range(len(stream))]


def gets_its_verdict(example: Example, got: Message | Refusal) -> bool:
    if isinstance(got, Message):
        return example.valid and got.element == example.element
    return not example.valid and (got.code.name, got.at, got.code.fatal) == (example.code, example.at, example.closes)
