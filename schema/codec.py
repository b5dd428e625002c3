"""Documents and messages: the one decoder for every road in, and the one encoder for every road out.

Both are safe to call from several threads at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from schema.errors import Refusal, Unsendable
from schema.guard import check_declarations, check_octets
from schema.limits import MAX_DOCUMENT, MAX_SERVER_DOCUMENT
from schema.mapping import READERS, WRITERS
from schema.messages import MESSAGES, NAMESPACE, Message, Side, as_fields
from schema.parsing import forget, parse
from schema.places import quoted
from schema.restricted import check_count, check_tree
from schema.validity import check_valid, has_many_tags, is_valid, schema_tree


@dataclass(frozen=True, slots=True)
class _Known:
    """A document of this protocol: who may send it, and how it is read."""

    senders: frozenset[Side]
    read: Callable[[etree._Element], Message]


_KNOWN = {
    f"{{{NAMESPACE}}}{element}": _Known(message.senders, READERS[message]) for element, message in MESSAGES.items()
}

# XML 1.0, production 2, the other way round.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def decode(document: bytes, sender: Side | None = None, *, guarded: bool = True) -> Message:
    """The message that a document says.

    `sender` is the side it came from; None takes the documents of either. `guarded` runs the whole guard against
    document types on every document; without it only on those that could hold one, which is as safe and takes a third
    of the time.

    Raises Refusal, with its code, in the order: size, encoding, document type, well-formedness, restricted XML,
    namespace, direction, schema.
    """
    message = _decode_plain(document, sender) if not guarded else None
    return message or _decode_strictly(document, sender, guarded=guarded)


def _decode_plain(document: bytes, sender: Side | None) -> Message | None:
    """The message of a document that can hold nothing of what is refused but what the schema sees; None for any other.

    Such a document names one namespace, ours, and has neither `<!` nor `<?`. So it holds nothing of another namespace,
    no comment, processing instruction or document type, and the schema bounds its depth and its attributes. It is
    judged in half the time; of the others everything is asked one by one, also what is wrong with them.
    """
    if (
        len(document) > MAX_DOCUMENT
        or has_many_tags(document)
        or not document.startswith(b"<")
        or b"<?" in document
        or b"<!" in document
        # In `xmlns="urn:xmlchat:1"`; a prefix `xml:` needs no declaration.
        or document.count(b"xml") != 2
    ):
        return None
    try:
        document.decode()
        root = parse(document, ours=True)
    except (UnicodeDecodeError, Refusal):
        return None
    known = _KNOWN.get(str(root.tag))
    if known is None or (sender is not None and sender not in known.senders) or not is_valid(root):
        return None
    message: Message = known.read(root)
    return message


def _decode_strictly(document: bytes, sender: Side | None, *, guarded: bool) -> Message:
    root: etree._Element | None = None
    try:
        check_octets(document, MAX_DOCUMENT if sender is Side.CLIENT else MAX_SERVER_DOCUMENT)
        # In a long one that cannot hold any, the whole guard would take as long as all the rest.
        if b"<!" in document or (guarded and len(document) <= MAX_DOCUMENT):
            check_declarations(document)
        root = parse(document)
        many = has_many_tags(document)
        if many:
            check_count(root)
        check_tree(root)
        reader = _reader_of(root, sender)
        check_valid(document, root, many=many)
        return reader(root)
    except Refusal as refusal:
        if refusal.re is None and root is not None:
            refusal.re = _readable_id(root)
        # A refused document leaves nothing behind.
        forget()
        raise


def encode(message: Message) -> bytes:
    """The document that says a message, in the one canonical form: no declaration, no prefix, everything on one line.

    Raises Unsendable where a field holds what the schema does not allow, such as a control character in a text.
    """
    try:
        document = WRITERS[type(message)](message)
        if len(document) > MAX_DOCUMENT:
            _check_size(document, message)
        root = parse(document, ours=True)
        if has_many_tags(document):
            check_count(root)
        # In one piece, long or not: nobody else chooses how many errors our own documents have.
        check_valid(document, root, many=False)
    except UnicodeEncodeError:
        raise Unsendable(_uncarried(message)) from None
    except Refusal as refusal:
        unread = refusal.code.name == "not-well-formed"
        raise Unsendable(_uncarried(message) if unread else refusal.sentence) from None
    return document


def _check_size(document: bytes, message: Message) -> None:
    limit = MAX_SERVER_DOCUMENT if Side.SERVER in message.senders else MAX_DOCUMENT
    if len(document) > limit:
        raise Unsendable(f"The document has {len(document):,} octets; the limit is {limit:,}.")


def _uncarried(message: Message) -> str:
    """Names the character for which there is no XML: a control character, half of a surrogate pair or U+FFFE."""
    found = _NO_XML.search("".join(value for value in as_fields(message).values() if isinstance(value, str)))
    return f"XML cannot carry the character U+{ord(found[0]):04X}." if found else "XML cannot carry this."


def _reader_of(root: etree._Element, sender: Side | None) -> Callable[[etree._Element], Message]:
    known = _KNOWN.get(str(root.tag))
    if known is not None and (sender is None or sender in known.senders):
        return known.read
    name = etree.QName(root)
    if name.namespace != NAMESPACE:
        said = quoted(name.namespace) if name.namespace else "no namespace"
        raise Refusal("wrong-namespace", f"The root element is in {said}; expected xmlns='{NAMESPACE}'.")
    if known is None:
        raise Refusal("unknown-element", f"There is no document {quoted(name.localname)} in this protocol.")
    assert sender is not None
    raise Refusal("wrong-direction", f"Only a {sender.other.value} may send {name.localname}.")


def _readable_id(root: etree._Element) -> str | None:
    """The id of a refused command, if it can still be named in an answer."""
    said = root.get("id")
    return said if said is not None and _ID(said) else None


def _matcher(simple_type: str) -> Callable[[str], bool]:
    """A test for one simple type of the schema, asked of the schema's own pattern."""
    xs = {"xs": "http://www.w3.org/2001/XMLSchema"}
    found = schema_tree.find(f".//xs:simpleType[@name='{simple_type}']/xs:restriction/xs:pattern", xs)
    assert found is not None
    pattern = re.compile(str(found.get("value")))
    return lambda value: pattern.fullmatch(value) is not None


_ID = _matcher("Id")
