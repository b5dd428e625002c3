"""Writes a transcript, one message at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import BinaryIO, Protocol

from schema.tools.sealing.chain import NAMESPACE, hash_after, signed_octets
from schema.tools.sealing.head import Head, write_head
from schema.tools.sealing.keys import Signer


class Output(Protocol):
    """What a transcript is written as. Each raises OSError."""

    def begin(self, head: Head, octets: bytes, start: str) -> None:
        """`octets` are the head in canonical form, `start` is their hash."""

    def entry(self, n: int, octets: bytes, sha256: str) -> None:
        """A message in canonical form."""

    def end(self, last: str, signature: str | None) -> None:
        """`last` is the hash of the last message."""


class XmlOutput:
    """As PROTOCOL.md §9.4 has it. All that it writes between the tags of its own is in canonical form already."""

    def __init__(self, file: BinaryIO) -> None:
        self._write = file.write

    def begin(self, _head: Head, octets: bytes, start: str) -> None:
        self._write(b'<?xml version="1.0" encoding="UTF-8"?>\n' + f'<transcript xmlns="{NAMESPACE}">\n'.encode())
        self._write(octets + f'\n<start sha256="{start}"></start>\n'.encode())

    def entry(self, n: int, octets: bytes, sha256: str) -> None:
        self._write(b'<entry n="%d" sha256="%s">%s</entry>\n' % (n, sha256.encode(), octets))

    def end(self, last: str, signature: str | None) -> None:
        signed = "" if signature is None else f"<signature>{signature}</signature>\n"
        self._write(f'<end sha256="{last}"></end>\n{signed}</transcript>\n'.encode())


def seal(head: Head, messages: Iterable[bytes], signer: Signer | None, outputs: Sequence[Output]) -> str:
    """Writes the messages, which are in canonical form and as the head says; the last hash. Raises OSError."""
    if signer is not None:
        head = replace(head, key=signer.public)
    octets = write_head(head)
    last = hash_after("", octets)
    for output in outputs:
        output.begin(head, octets, last)
    for n, message in enumerate(messages, 1):
        last = hash_after(last, message)
        for output in outputs:
            output.entry(n, message, last)
    signature = None if signer is None else signer.sign(signed_octets(last, octets))
    for output in outputs:
        output.end(last, signature)
    return last
