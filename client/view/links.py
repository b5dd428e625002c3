"""Addresses of the web in texts."""

from __future__ import annotations

import re

#: Octets of an address; terminals take no more than 2083.
MAX_ADDRESS = 2_000

#: What may stand in an address as it goes over the wire (RFC 3986, section 2), and no control of any kind.
_ADDRESS = re.compile(r"\bhttps?://[A-Za-z0-9\[][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*", re.IGNORECASE)

#: What ends a sentence rather than an address.
_ENDINGS = ".,;:!?'*_"

_BRACKETS = {")": "(", "]": "["}


def links(text: str) -> list[tuple[int, int]]:
    """Where addresses stand, from and to. What would lead elsewhere than it looks is none of them."""
    found = []
    for match in _ADDRESS.finditer(text):
        start, end = match.start(), match.start() + len(_trimmed(match[0]))
        # It goes on with what has to be spelt otherwise: where it leads is not what stands here.
        goes_on = match.end() < len(text) and not text[match.end()].isascii() and text[match.end()].isalnum()
        if end - start <= MAX_ADDRESS and not goes_on:
            found.append((start, end))
    return found


def _trimmed(address: str) -> str:
    """Without the sentence's own end, and without a bracket that was opened before."""
    while address[-1] in _ENDINGS or _closes(address):
        address = address[:-1]
    return address


def _closes(address: str) -> bool:
    opening = _BRACKETS.get(address[-1])
    return opening is not None and address.count(opening) < address.count(address[-1])
