"""Reads a transcript part by part. It may come from anybody, so nothing in it is obeyed and no part may be large."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from schema.codec import decode
from schema.errors import ChatError, Refusal
from schema.guard import check_declarations, check_octets
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Broadcast, Direct, Side
from schema.places import quoted
from schema.tools.judging.excerpts import harmless
from schema.tools.sealing.chain import NAMESPACE, canonical
from schema.tools.sealing.head import Head, read_head

XSD = Path(__file__).parents[2] / "transcript.xsd"

#: Octets of a line that are read at once.
_PIECE = 64 * 1024

#: Octets from the end of one part to the end of the next: a message as large as a server may send, and what is around
#: it. Without a limit a part that never ends would fill the memory.
_MAX_PART = MAX_SERVER_DOCUMENT + 4 * _PIECE

_ROOT = f"{{{NAMESPACE}}}transcript"
_PARTS = tuple(f"{{{NAMESPACE}}}{name}" for name in ("head", "start", "entry", "end", "signature"))
_NO_TRANSCRIPT = f"This is no transcript: its root element is not a transcript in {NAMESPACE}."
_NAMESPACE = re.compile(r"\{[^{}]*\}")
_MAX_REASON = 200


class Broken(ChatError):
    """A transcript cannot be read on. `line` counts from 1, `entries` are those that were read before."""

    def __init__(self, sentence: str, line: int, entries: int) -> None:
        super().__init__(sentence)
        self.line = line
        self.entries = entries


@dataclass(frozen=True, slots=True)
class HeadPart:
    """`octets` in canonical form, as in each part that has them."""

    head: Head
    octets: bytes
    line: int


@dataclass(frozen=True, slots=True)
class Hash:
    """That of the head, or the last."""

    sha256: str
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """`place` counts the entries from 1, `n` is the number that stands there."""

    place: int
    n: int
    sha256: str
    message: Broadcast | Direct
    octets: bytes
    line: int


@dataclass(frozen=True, slots=True)
class Signature:
    signature: str
    line: int


Part = HeadPart | Hash | Entry | Signature


def read_parts(file: BinaryIO) -> Iterator[Part]:
    """HeadPart, Hash, any Entry, Hash, and a Signature if there is one: the schema sees to the order.

    Raises Broken where that is not what comes, and OSError.
    """
    yield from _Reader(file).parts()


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._root: etree._Element | None = None
        self._ended = False
        #: Entries that were read, and the line that is read.
        self._entries = 0
        self._line = 0
        self._parser = etree.XMLPullParser(
            events=("start", "end", "comment", "pi"),
            tag=(_ROOT, *_PARTS),
            # The file and not its tree: so chat.xsd is found beside it.
            schema=etree.XMLSchema(file=str(XSD)),
            encoding="utf-8",
            # Not False: together with a schema lxml would then take for well-formed what is cut off. There is nothing
            # to resolve, since a document type is refused before this parser sees it.
            resolve_entities="internal",
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
        )

    def parts(self) -> Iterator[Part]:
        try:
            yield from self._lines()
        except Refusal as refusal:
            raise self._broken(refusal.sentence) from None

    def _lines(self) -> Iterator[Part]:
        """Line by line, since of a fault that the schema finds lxml does not know the line."""
        beginning = b""
        unfinished = 0
        whole = True
        while piece := self._file.readline(_PIECE):
            self._line += whole
            whole = piece.endswith(b"\n")
            if self._root is None:
                beginning += piece
                _check_beginning(beginning)
            self._feed(piece)
            unfinished += len(piece)
            for part in self._read():
                unfinished = 0
                yield part
            if unfinished > _MAX_PART:
                raise Refusal("too-large", f"What ends here has more than {_MAX_PART:,} octets: no part is as large.")
        if not self._ended:
            cut = self._root is not None or not beginning.strip()
            raise self._broken("The transcript is cut off: it ends before its end." if cut else _NO_TRANSCRIPT)
        # There is nothing but the end of the file left to complain of.
        self._parser.close()

    def _feed(self, piece: bytes) -> None:
        """Raises Broken where it is not well-formed or not valid; then nothing of the piece is read."""
        try:
            self._parser.feed(piece)
        except etree.XMLSyntaxError as error:
            # lxml puts the line before the reason, and the reason in quotes.
            reason = str(error).partition(": b")[2].partition(" (line")[0].strip("'\"") or str(error)
            raise self._broken(f"This is not well-formed XML: {_said(reason)}") from None
        errors = self._parser.feed_error_log.filter_from_errors()
        if len(errors):
            begun = self._root is not None or any(node.tag == _ROOT for _, node in self._parser.read_events())
            invalid = f"This is not valid against transcript.xsd: {_said(errors[0].message)}"
            raise self._broken(invalid if begun else _NO_TRANSCRIPT)

    def _read(self) -> Iterator[Part]:
        """The parts that have ended."""
        for event, node in self._parser.read_events():
            if event in ("comment", "pi"):
                raise Refusal("comment", "Comments and processing instructions are not allowed: no hash is over them.")
            if event == "start":
                if self._root is None:
                    self._begin(node)
                _check_attributes(node)
            elif node is self._root:
                self._ended = True
            elif self._root is not None and node.getparent() is self._root:
                yield self._part(node)
                while (before := node.getprevious()) is not None:
                    self._root.remove(before)

    def _begin(self, root: etree._Element) -> None:
        if root.getroottree().docinfo.internalDTD is not None:
            raise Refusal("doctype", "Document type declarations are not allowed.")
        self._root = root

    def _part(self, node: etree._Element) -> Part:
        name, line = etree.QName(node).localname, node.sourceline or self._line
        if name == "entry":
            (message,) = node
            octets = canonical(message)
            said = decode(octets, Side.SERVER, guarded=False)
            assert isinstance(said, Broadcast | Direct), "the schema allows no other"
            self._entries += 1
            return Entry(self._entries, int(node.get("n", "0")), node.get("sha256", ""), said, octets, line)
        if name == "head":
            for inside in node:
                _check_attributes(inside)
            return HeadPart(read_head(node), canonical(node), line)
        if name == "signature":
            return Signature(node.text or "", line)
        return Hash(node.get("sha256", ""), line)

    def _broken(self, sentence: str) -> Broken:
        return Broken(sentence, max(self._line, 1), self._entries)


def _check_beginning(begun: bytes) -> None:
    """What is before the root element, where a document type would be. Raises Refusal."""
    # A character may be cut in two at the end.
    check_octets(begun[: begun.rfind(b">") + 1], limit=len(begun))
    if b"<!" in begun:
        check_declarations(begun, whole=False)


def _check_attributes(node: etree._Element) -> None:
    """The schema allows everywhere those of the schema instance, which would tell a validator to judge differently."""
    for name in node.attrib:
        if str(name).startswith("{"):
            raise Refusal("xsi-attribute", f"An attribute of another namespace is not allowed: {quoted(str(name))}.")


def _said(reason: str) -> str:
    short = harmless(_NAMESPACE.sub("", reason))
    return short if len(short) <= _MAX_REASON else short[: _MAX_REASON - 1] + "…"
