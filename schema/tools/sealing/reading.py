"""Reads a transcript part by part. It may come from anybody, so nothing in it is obeyed and no part may be large."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from schema.codec import decode
from schema.errors import ChatError, Refusal
from schema.guard import check_declarations, check_octets
from schema.limits import MAX_ELEMENTS, MAX_SERVER_DOCUMENT
from schema.messages import Broadcast, Direct, Side
from schema.parsing import remembering
from schema.places import quoted
from schema.restricted import check_attributes, check_tree
from schema.tools.judging.excerpts import harmless
from schema.tools.sealing.chain import NAMESPACE, canonical
from schema.tools.sealing.head import Head, read_head

XSD = Path(__file__).parents[2] / "transcript.xsd"

#: Octets of a line that are read at once.
_PIECE = 64 * 1024

#: Octets from the end of one part to the end of the next: a message as large as a server may send, and what is around
#: it. Without a limit a part that never ends would fill the memory.
_MAX_PART = MAX_SERVER_DOCUMENT + 4 * _PIECE

#: Octets before the line in which the root element begins: they are looked at anew with each line.
_MAX_BEGINNING = 4096

_NO_TRANSCRIPT = f"This is no transcript: its root element is not a transcript in {NAMESPACE}."
_ROOT = f"{{{NAMESPACE}}}transcript"
#: What may come behind each part; nothing is before the first, and nothing the name of the end.
_FOLLOWS = {
    "": ("head",),
    "head": ("start",),
    "start": ("entry", "end"),
    "entry": ("entry", "end"),
    "end": ("signature", ""),
    "signature": ("",),
}

#: Elements of a part that holds no message: head has most, two.
_MAX_ELEMENTS = 8

_XS = "{http://www.w3.org/2001/XMLSchema}"
_NUMBER = re.compile("[1-9][0-9]{0,17}")
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
    # For all of the reader's life: the crash comes with its end.
    with remembering():
        reader = _Reader(file)
        yield from reader.parts()
        del reader


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._root: etree._Element | None = None
        #: The part that has ended last, and its name. Those before it are thrown away.
        self._last: etree._Element | None = None
        self._name = ""
        self._ended = False
        #: Entries that were read, and the line that is read.
        self._entries = 0
        self._line = 0
        self._schema = _schema_of_parts()
        # The schema is not given to the parser: with one, lxml takes for well-formed what is cut off, if no entities
        # are resolved, and has crashed over what is neither valid nor well-formed.
        self._parser = etree.XMLPullParser(
            events=("start", "end", "comment", "pi"),
            encoding="utf-8",
            resolve_entities=False,
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
        except etree.XMLSyntaxError as error:
            reason = (error.msg or "").partition(", line ")[0]
            raise self._broken(f"This is not well-formed XML: {_said(reason)}.") from None

    def _lines(self) -> Iterator[Part]:
        """Line by line, so that all is read that is before a line which is not well-formed."""
        beginning = b""
        unfinished = 0
        whole = True
        while piece := self._file.readline(_PIECE):
            self._line += whole
            whole = piece.endswith(b"\n")
            if self._root is None:
                if len(beginning) > _MAX_BEGINNING:
                    raise self._broken(_NO_TRANSCRIPT)
                beginning += piece
                _check_beginning(beginning)
            self._parser.feed(piece)
            unfinished += len(piece)
            for part in self._read():
                unfinished = 0
                yield part
            if unfinished > _MAX_PART:
                raise Refusal("too-large", f"What ends here has more than {_MAX_PART:,} octets: no part is as large.")
        if not self._ended:
            raise self._broken("The transcript is cut off: it ends before its end.")
        self._parser.close()

    def _read(self) -> Iterator[Part]:
        """The parts that have ended."""
        for event, node in self._parser.read_events():
            if event in ("comment", "pi"):
                raise Refusal("comment", "Comments and processing instructions are not allowed: no hash is over them.")
            if self._root is None:
                self._begin(node)
            elif event == "start":
                continue
            elif node is self._root:
                self._follow("", self._root.text if self._last is None else self._last.tail)
                self._ended = True
            elif node.getparent() is self._root:
                yield self._part(node)

    def _begin(self, root: etree._Element) -> None:
        if root.tag != _ROOT:
            raise self._broken(_NO_TRANSCRIPT)
        if root.getroottree().docinfo.internalDTD is not None:
            raise Refusal("doctype", "Document type declarations are not allowed.")
        if root.keys():
            raise self._invalid(f"The element 'transcript' has no attribute {quoted(root.keys()[0])}.")
        self._root = root

    def _part(self, node: etree._Element) -> Part:
        root, before = self._root, self._last
        assert root is not None
        name = etree.QName(node).localname
        self._follow(name, root.text if before is None else before.tail)
        self._check_size(name, node)
        part = self._entry(node) if name == "entry" else None
        if not self._schema.validate(node):
            raise self._invalid(self._schema.error_log[0].message)
        if before is not None:
            root.remove(before)
        self._last = node
        return part or self._read_part(name, node)

    def _follow(self, name: str, between: str | None) -> None:
        """The order of the parts, and that nothing but space is between them. The end of all has no name."""
        if between is not None and between.strip(" \t\r\n"):
            raise self._invalid(f"There is text between the parts: {quoted(between.strip())}.")
        if name not in _FOLLOWS[self._name]:
            expected = " or ".join(one or "the end of the transcript" for one in _FOLLOWS[self._name])
            raise self._invalid(f"Expected here is {expected}, and not {quoted(name) if name else 'the end'}.")
        self._name = name

    def _check_size(self, name: str, node: etree._Element) -> None:
        """Before the schema is asked: with thousands of faults in one part it would take minutes."""
        inside = [node] if name == "entry" else list(islice(node.iter(etree.Element), _MAX_ELEMENTS + 1))
        if len(inside) > _MAX_ELEMENTS or (name == "entry" and len(node) != 1):
            raise self._invalid(f"The element {quoted(name)} holds something else than it should.")
        for one in inside:
            check_attributes(one)

    def _entry(self, node: etree._Element) -> Entry:
        """The message is judged by the one decoder, in the form that its hash is over.

        What would take long to bring into that form is refused before: attributes are put in order one by one.
        """
        (message,) = node
        if sum(1 for _ in islice(message.iter(etree.Element), MAX_ELEMENTS + 1)) > MAX_ELEMENTS:
            raise Refusal("too-many-elements", f"The message has more than {MAX_ELEMENTS:,} elements.")
        check_tree(message)
        octets = canonical(message)
        said = decode(octets, Side.SERVER, guarded=False)
        if not isinstance(said, Broadcast | Direct):
            raise self._invalid(f"The document {said.element!r} is no message that was said.")
        n = node.get("n", "")
        if not _NUMBER.fullmatch(n):
            raise self._invalid(f"The attribute 'n' is {quoted(n)}; expected a number from 1.")
        self._entries += 1
        return Entry(self._entries, int(n), node.get("sha256", ""), said, octets, node.sourceline or self._line)

    def _read_part(self, name: str, node: etree._Element) -> Part:
        line = node.sourceline or self._line
        if name == "head":
            return HeadPart(read_head(node), canonical(node), line)
        if name == "signature":
            return Signature(node.text or "", line)
        return Hash(node.get("sha256", ""), line)

    def _invalid(self, reason: str) -> Broken:
        return self._broken(f"This is not valid against transcript.xsd: {_said(reason)}")

    def _broken(self, sentence: str) -> Broken:
        return Broken(sentence, max(self._line, 1), self._entries)


def _schema_of_parts() -> etree.XMLSchema:
    """transcript.xsd with the parts as documents of their own, so that each can be judged by itself."""
    tree = etree.parse(XSD)
    schema = tree.getroot()
    for part in schema.findall(f"{_XS}complexType[@name='Transcript']/{_XS}sequence/{_XS}element"):
        etree.SubElement(schema, f"{_XS}element", name=part.get("name", ""), type=part.get("type", ""))
    return etree.XMLSchema(tree)


def _check_beginning(begun: bytes) -> None:
    """What is before the root element, where a document type would be. Raises Refusal."""
    # A character may be cut in two at the end.
    check_octets(begun[: begun.rfind(b">") + 1], limit=len(begun))
    if b"<!" in begun:
        check_declarations(begun, whole=False)


def _said(reason: str) -> str:
    short = harmless(_NAMESPACE.sub("", reason))
    return short if len(short) <= _MAX_REASON else short[: _MAX_REASON - 1] + "…"
