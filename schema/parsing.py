"""Octets to a tree: a parser for each thread that obeys nothing in a document, and forgets what documents left in it.

libxml2 keeps every name, prefix, namespace and run of white space that it has ever read, and lxml gives each thread one
dictionary of them for as long as the thread lives. Whoever sends ever new names would fill the memory, so the
dictionary is thrown away when documents have brought too much into it. Safe to call from several threads at once.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from schema.errors import Refusal
from schema.guard import check_declarations, not_well_formed
from schema.limits import MAX_DOCUMENT, MAX_NEW_NAMES

_dictionary_size = etree.memory_debugger.dict_size  # type: ignore[attr-defined]

_thread_state = ctypes.pythonapi.PyThreadState_GetDict
_thread_state.restype = ctypes.c_void_p


class _Kept:
    """What a thread keeps from one document to the next."""

    __slots__ = ("entries", "new", "parser")

    def __init__(self) -> None:
        self.parser = _make_parser()
        #: Entries of the dictionary after the last document.
        self.entries = 0
        #: Octets of the documents that have added to it.
        self.new = 0


class _Local(threading.local):
    kept: _Kept | None = None
    #: Parsers of others that have begun in this thread and not ended.
    begun: int = 0


_local = _Local()


def parse(document: bytes, *, ours: bool = False) -> etree._Element:
    """The root of the tree. Raises Refusal where the document is not well-formed or nested far too deep.

    `ours` is for one that names no namespace but ours, so that there is nothing to warn of.
    """
    kept = _local.kept
    if kept is None:
        kept = _local.kept = _Kept()
    try:
        root = etree.fromstring(document, kept.parser)
    except etree.XMLSyntaxError as error:
        reason = (error.msg or "").partition(", line ")[0]
        if "Excessive depth" in reason:
            # libxml2 has stopped reading there. What is broken further on is the fault that comes first in the order;
            # in a document of a server's size it is not looked for.
            if len(document) <= MAX_DOCUMENT:
                check_declarations(document)
            raise Refusal("too-deep", "Elements are nested far too deep.") from None
        line, column = error.position
        raise not_well_formed(line or 1, max(column - 1, 0), reason or "the document is empty") from None
    if not ours and len(log := kept.parser.error_log):
        _judge(log)
    entries = _dictionary_size()
    if entries != kept.entries:
        kept.entries = entries
        kept.new += len(document)
        if kept.new > MAX_NEW_NAMES:
            forget()
    return root


def forget() -> None:
    """Throws away what documents have left behind in this thread. Trees that are still held stay whole.

    It costs some 60 µs, once more for the parser that has to be made again.
    """
    # lxml has no call for it. Without this entry of the thread's state the next parser begins a dictionary of its own.
    if not _local.begun:
        state = ctypes.cast(_thread_state(), ctypes.py_object).value
        state.pop("_ParserDictionaryContext", None)
    etree.clear_error_log()
    _local.kept = None


@contextmanager
def remembering() -> Iterator[None]:
    """Around a parser of one's own that is fed piece by piece, in this thread: until its end no name is forgotten.

    lxml crashes where the dictionary is taken from a parser that has begun.
    """
    _local.begun += 1
    try:
        yield
    finally:
        _local.begun -= 1


def _make_parser() -> etree.XMLParser:
    """It opens no file and no connection, expands nothing and believes no declared encoding."""
    # Never collect_ids=False: with it libxml2 opens the external document type although load_dtd is off.
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
    )


def _judge(log: etree._ListErrorLog) -> None:
    """lxml looks at the last entry only: a warning, as for xmlns="relative", would hide an attribute given twice."""
    for entry in log.filter_from_errors():
        raise not_well_formed(entry.line, max(entry.column - 1, 0), entry.message)
    # Thousands of warnings, each with a text, would wait for the next document.
    forget()
