"""The hashes of a transcript and what is signed of it (PROTOCOL.md §9.4). Values in, values out."""

from __future__ import annotations

import hashlib

from lxml import etree

from schema.errors import Refusal

NAMESPACE = "urn:xmlchat:transcript:1"

#: Stands before what is signed, so that no signature of something else can be taken for one of a transcript, nor
#: the other way round.
CONTEXT = b"urn:xmlchat:transcript:1 signature\n"


def canonical(node: etree._Element) -> bytes:
    """Exclusive XML Canonicalization 1.0, without comments: the same octets inside a transcript and alone.

    Plain C14N would take with a message every prefix that is declared around it. Raises Refusal where the name of a
    namespace is a relative URI: the standard gives that no canonical form.
    """
    try:
        return etree.tostring(node, method="c14n", exclusive=True, with_comments=False)
    except etree.C14NError:
        raise Refusal("invalid", "It has no canonical form: the name of a namespace is no absolute URI.") from None


def hash_after(previous: str, octets: bytes) -> str:
    """The hash of a message, in hexadecimal; `previous` is that of the entry before it, and empty for the head."""
    return hashlib.sha256(previous.encode("ascii") + octets).hexdigest()


def signed_octets(last: str, head: bytes) -> bytes:
    """What is signed: the last hash of a transcript, which all before it are in, and its head in canonical form."""
    return CONTEXT + last.encode("ascii") + b"\n" + head
