"""Whether a document is valid against chat.xsd, and if not, why. Safe to call from several threads at once.

The compiled schema is shared for the verdict only: lxml keeps the errors of a validation in the schema object, where
another thread's would be read, so what is wrong is asked of a second object, under a lock.
"""

from __future__ import annotations

import threading
from itertools import islice
from pathlib import Path

from lxml import etree

from schema.errors import Refusal
from schema.explain import explain

XSD = Path(__file__).with_name("chat.xsd")

schema_tree = etree.parse(XSD)
_schema = etree.XMLSchema(schema_tree)

_explaining = etree.XMLSchema(schema_tree)
# Guards _explaining and the errors it holds from one validation to the next.
_explaining_lock = threading.Lock()

#: Tags of a document that is validated at one go. libxml2 names the place of each error by counting the elements before
#: it: 65,000 invalid ones in one document took it 46 s.
_MANY = 512

#: No document shorter than this holds as many.
_SHORT = len("<a/>") * _MANY

#: Octets between two looks at whether there was an error.
_PIECE = 4096


def has_many_tags(document: bytes) -> bool:
    """Whether there may be so many elements that it matters what is done with each."""
    return len(document) > _SHORT and document.count(b"<") > _MANY


def check_valid(document: bytes, root: etree._Element, *, many: bool) -> None:
    """Raises Refusal where the tree, which was parsed from `document`, is not valid; then the tree may be cut short.

    `many` is what `has_many_tags` says of the document.
    """
    if many:
        seen = _seen_until_invalid(document)
        if seen is None:
            return
        _cut_after(root, seen)
    elif is_valid(root):
        return
    raise _explain(document, root)


def is_valid(root: etree._Element) -> bool:
    """For a tree of few tags."""
    try:
        return _schema.validate(root)
    except etree.XMLSchemaValidateError:
        # libxml2 gave up, as it does on a pattern that branches too much; ours do not, a later one might.
        return False


def _seen_until_invalid(document: bytes) -> int | None:
    """The elements that had begun when the first error was noticed; None where the document is valid.

    libxml2 cannot be told to stop at an error, so it is fed piece by piece.
    """
    parser = etree.XMLPullParser(
        events=("start",), schema=_schema, encoding="utf-8", resolve_entities=False, no_network=True
    )
    seen = 0
    for start in range(0, len(document), _PIECE):
        parser.feed(document[start : start + _PIECE])
        seen += sum(1 for _ in parser.read_events())
        if len(parser.feed_error_log.filter_from_errors()):
            return max(seen, 1)
    try:
        parser.close()
    except etree.XMLSyntaxError:
        return seen
    return None


def _cut_after(root: etree._Element, count: int) -> None:
    """Removes what comes behind the first `count` elements, in the order of the document."""
    last = next(islice(root.iter(etree.Element), count - 1, None), root)
    for node in (last, *last.iterancestors()):
        parent = node.getparent()
        if parent is not None:
            del parent[parent.index(node) + 1 :]


def _explain(document: bytes, root: etree._Element) -> Refusal:
    with _explaining_lock:
        _explaining.validate(root)
        errors = list(_explaining.error_log)
    if not errors:
        return Refusal("invalid", "The document is not valid against the schema.")
    return explain(document, root, errors[0], schema_tree.getroot())
