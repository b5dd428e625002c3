"""Invariant: octets decode to a message that other readers read too, or to a Refusal of a known code; nothing else.

And: what is accepted says the same when it is written again, and plain lxml with chat.xsd, and expat, accept it too;
what is called invalid or not well-formed they refuse; each refusal can be answered; the framing gives the same however
a stream is split; no document and no order of documents makes a client fail or show a control character; and each takes
little time and leaves little behind.
"""

from __future__ import annotations

import json
import re
import time
from random import Random
from xml.parsers import expat

from lxml import etree

from client.session import Session
from client.view.render import Renderer
from schema.codec import decode, encode
from schema.errors import CODES, Refusal, Unsendable
from schema.framing import FrameReader
from schema.limits import MAX_DOCUMENT, MAX_SERVER_DOCUMENT
from schema.messages import Bye, Error, Message, Side, as_fields
from schema.protocol import State
from schema.validity import XSD

#: Seconds of this thread's own time for one document; what takes longer is tried again before it counts.
QUICK = 0.1

#: Entries of libxml2's dictionary in this thread.
MOST_NAMES = 20_000

_schema = etree.XMLSchema(etree.parse(XSD))
_xsi = etree.XPath("//@i:*", namespaces={"i": "http://www.w3.org/2001/XMLSchema-instance"})
_plain = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False)

#: What a terminal obeys; a line feed begins a line.
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Broken(AssertionError):
    """The invariant does not hold."""


class Judge:
    """Judges one document after the other; a client lives through all of those of the server."""

    def __init__(self) -> None:
        self._session = Session()
        self._renderer = Renderer()

    def document(self, octets: bytes, sender: Side, *, guarded: bool) -> str:
        """What became of it: the element or the code. Raises Broken."""
        # Not yet the thread's own time: to ask for that takes as long as a document.
        began = time.perf_counter()
        got = _decoded(octets, sender, guarded=guarded)
        if time.perf_counter() - began > QUICK:
            self._try_again(octets, sender, guarded=guarded)
        if etree.memory_debugger.dict_size() > MOST_NAMES:  # type: ignore[attr-defined]
            raise Broken("names are kept")
        if isinstance(got, Refusal):
            _judge_refusal(octets, got)
            return got.code.name
        _judge_message(octets, got, sender, guarded=guarded)
        if sender is Side.SERVER:
            self._show(got)
        return got.element

    def _try_again(self, octets: bytes, sender: Side, *, guarded: bool) -> None:
        took = []
        for _ in range(5):
            began = time.thread_time()
            _decoded(octets, sender, guarded=guarded)
            took.append(time.thread_time() - began)
        if min(took) > QUICK:
            raise Broken(f"it takes {min(took):.3f} s")

    def _show(self, message: Message) -> None:
        if self._session.state is State.CLOSED or isinstance(message, Bye):
            self._session.reopen()
        try:
            for reply in self._session.receive(message):
                encode(reply)
            self._session.place.take(message)
        except Refusal:
            pass
        line = self._renderer.line(message)
        if line is not None and _STEERING.search(line):
            raise Broken(f"this is shown: {line!a}")
        json.dumps(as_fields(message)).encode()


def _decoded(octets: bytes, sender: Side, *, guarded: bool) -> Message | Refusal:
    try:
        return decode(octets, sender, guarded=guarded)
    except Refusal as refusal:
        return refusal


def _judge_refusal(octets: bytes, refusal: Refusal) -> None:
    name = refusal.code.name
    if name not in CODES:
        raise Broken(f"there is no code {name}")
    if not refusal.sentence.isprintable() or len(refusal.sentence) > 400:
        raise Broken(f"nobody can read this: {refusal.sentence!a}")
    answer = Error.of(refusal)
    if decode(encode(answer), Side.SERVER, guarded=False) != answer:
        raise Broken("the answer does not arrive as it was")
    if name not in ("invalid", "not-well-formed") or b"<!" in octets:
        return
    root = _other_tree(octets)
    if name == "invalid" and (root is None or _schema.validate(root)):
        raise Broken("called invalid, and it is not")
    if name == "not-well-formed" and root is not None and _expat_reads(octets):
        raise Broken("called not well-formed, and it is not")


def _judge_message(octets: bytes, message: Message, sender: Side, *, guarded: bool) -> None:
    if sender not in message.senders:
        raise Broken("accepted from the wrong side")
    root = _other_tree(octets)
    if root is None or root.getroottree().docinfo.doctype or not _schema.validate(root):
        raise Broken("accepted, and another reader refuses it")
    if next(root.getroottree().iter(etree.Comment, etree.ProcessingInstruction, etree.Entity), None) is not None:
        raise Broken("accepted with a comment, an instruction or an entity")
    if b"XMLSchema-instance" in octets and _xsi(root):
        raise Broken("accepted with an attribute of XML Schema's own")
    if guarded and len(octets) <= MAX_DOCUMENT and not _expat_reads(octets):
        raise Broken("accepted, and expat refuses it")
    try:
        again = encode(message)
    except Unsendable as unsendable:
        # The canonical form of a text full of CDATA is longer.
        if "octets; the limit is" not in str(unsendable):
            raise Broken(f"accepted, and cannot be written: {unsendable}") from None
        return
    if decode(again, sender, guarded=False) != message:
        raise Broken("written again, it says something else")


def _other_tree(octets: bytes) -> etree._Element | None:
    try:
        root = etree.fromstring(octets, _plain)
    except etree.XMLSyntaxError:
        return None
    # lxml itself takes for well-formed what has an error of namespaces.
    return None if len(_plain.error_log.filter_from_errors()) else root


def _expat_reads(octets: bytes) -> bool:
    parser = expat.ParserCreate("utf-8", "}")
    try:
        parser.Parse(octets, True)
    except expat.ExpatError:
        return False
    return True


def stream(octets: bytes, rng: Random) -> None:
    """The framing gives the same in one piece and in any others, and believes no length."""
    limit = rng.choice((MAX_DOCUMENT, MAX_SERVER_DOCUMENT))
    whole, pieces = FrameReader(limit), FrameReader(limit)
    expected = whole.feed(octets)
    got: list[bytes | Refusal] = []
    start = 0
    while start < len(octets):
        end = start + rng.choice((1, 1, 2, 3, 4, 5, 50, 5_000))
        got += pieces.feed(octets[start:end])
        start = end
    if list(map(_plainly, expected)) != list(map(_plainly, got)):
        raise Broken("another split gives something else")
    state = [(one.offset, one.held, one.partial) for one in (whole, pieces)]
    if state[0] != state[1] or whole.held > limit + 4:
        raise Broken(f"another split leaves something else: {state}")


def _plainly(item: bytes | Refusal) -> object:
    return item if isinstance(item, bytes) else (item.code.name, item.sentence, item.offset)
