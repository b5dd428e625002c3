"""The checks on a document before any parser of ours builds a tree: encoding, declaration, document type.

They come first because a parser would obey what they refuse: libxml2 re-reads the octets in the encoding that the
document declares, and a document type declares entities.
"""

from __future__ import annotations

import re

from defusedxml import DTDForbidden, EntitiesForbidden
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from schema.errors import Refusal
from schema.limits import MAX_DOCUMENT

_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")

# XML 1.0, production 23. What begins like a declaration and does not match is not well-formed.
_DECLARATION = re.compile(
    rb"""<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?P<version>'[^'<&]*'|"[^"<&]*")"""
    rb"""(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?P<encoding>'[^'<&]*'|"[^"<&]*"))?"""
    rb"""(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:'(?:yes|no)'|"(?:yes|no)"))?[ \t\r\n]*\?>"""
)
_MAX_REASON = 120
_LOOKS_DECLARED = re.compile(rb"<\?xml[ \t\r\n]")


def check_octets(document: bytes, limit: int = MAX_DOCUMENT) -> None:
    """Raises Refusal where the size, the encoding or the XML declaration is not what the protocol allows."""
    if len(document) > limit:
        raise Refusal("too-large", f"The document has {len(document):,} octets; the limit is {limit:,}.")
    if document.startswith(_BYTE_ORDER_MARKS):
        raise Refusal("byte-order-mark", "Send UTF-8 without a byte order mark: the first octet must be '<'.", offset=0)
    try:
        document.decode()
    except UnicodeDecodeError as error:
        raise Refusal(
            "not-utf8",
            f"Octet {error.start} ({document[error.start]:#04x}) is not UTF-8. Documents are sent in UTF-8 only.",
            offset=error.start,
        ) from None
    if b"\0" in document[:4]:
        raise Refusal("encoding", "This looks like UTF-16 or UTF-32. Documents are sent in UTF-8 only.", offset=0)
    if _LOOKS_DECLARED.match(document):
        _check_declaration(document)


def _check_declaration(document: bytes) -> None:
    found = _DECLARATION.match(document)
    if found is None:
        raise Refusal("not-well-formed", "The XML declaration is broken; leave it out.", line=1, column=1, offset=0)
    version = found["version"][1:-1]
    if version != b"1.0":
        raise Refusal(
            "xml-version",
            f"The document says XML {version.decode()[:20]!a}; only 1.0 is spoken here.",
            offset=found.start("version"),
        )
    encoding = found["encoding"]
    if encoding is not None and encoding[1:-1].upper() != b"UTF-8":
        raise Refusal(
            "encoding",
            f"The document declares the encoding {encoding[1:-1].decode()[:40]!a}; only UTF-8 is spoken here.",
            offset=found.start("encoding"),
        )


class _Nothing:
    """A parser's target that keeps nothing: only the verdict is wanted."""

    def close(self) -> None:
        return None


def check_declarations(document: bytes, *, whole: bool = True) -> None:
    """Raises Refusal where there is a document type declaration; defusedxml judges, so that no disguise slips through.

    A UTF-8 document without `<!` cannot declare anything, so callers may leave this out for one (it takes twice as long
    as the parsing). With `whole` false it is the beginning of a document.
    """
    parser = DefusedXMLParser(target=_Nothing(), forbid_dtd=True)
    try:
        parser.feed(document)
        if whole:
            parser.close()
    except (DTDForbidden, EntitiesForbidden):
        raise Refusal("doctype", "Document type declarations are not allowed, nor are entities of one's own.") from None
    except ParseError as error:
        raise not_well_formed(*error.position, reason=str(error).partition(":")[0]) from None
    except (LookupError, ValueError) as error:
        # expat asks Python for codecs it does not know; the checks before should leave it no reason to.
        raise Refusal("encoding", f"The encoding cannot be read: {error!s:.80}.") from None


def not_well_formed(line: int, column: int, reason: str) -> Refusal:
    """`column` counts from 0, as parsers give it. Their reason may quote half the document: the start of it is kept."""
    reason = ascii(reason)[1:-1][:_MAX_REASON]
    return Refusal(
        "not-well-formed",
        f"Not well-formed XML at line {line}, column {column + 1}: {reason}.",
        line=line,
        column=column + 1,
    )
