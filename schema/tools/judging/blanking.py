"""Blanks what nobody who reads a report should see: passwords and invitations, well-formed or not."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import partial

from schema.messages import MESSAGES

#: The elements that hold secrets.
SECRETS = frozenset(spec.name for message in MESSAGES.values() for spec in fields(message) if not spec.repr)

# Names that people give to a secret, also where it does not belong.
_SECRET_NAMES = "|".join((*sorted(SECRETS), "pass", "pwd", "pw", "secret", "auth", "invit"))
_SECRET = re.compile(rf"(?:{_SECRET_NAMES}).*".encode(), re.IGNORECASE)
_SUSPECT = re.compile(rf"{_SECRET_NAMES}|log.?[io]n".encode(), re.IGNORECASE)
#: Documents in which every text is one.
_PRIVATE = re.compile(rb"login|passwd", re.IGNORECASE)

_TOKEN = re.compile(
    rb"(?P<cdata><!\[CDATA\[.*?\]\]>)|(?P<other><[!?].*?>)|"
    rb"(?P<tag></?[^\s<>/]+(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>)|(?P<text>[^<]+)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(rb"([^\s=<>/]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_NAME = re.compile(rb"</?(?:[^\s<>/:]+:)?([^\s<>/:]+)")
#: Attributes of a login that are no secrets.
_HARMLESS = frozenset((b"id", b"name", b"register", b"client", b"since", b"place", b"minor", b"re", b"user", b"room"))


def suspect(document: bytes) -> bool:
    """Whether a document may hold a secret: it names one, or is a login."""
    return _SUSPECT.search(document) is not None


def blanked(document: bytes, *, well_formed: bool) -> bytes:
    """The document with asterisks in place of its secrets; octets and lines stay where they are."""
    found = _SUSPECT.search(document)
    if found is None:
        return document
    if not well_formed or b"\0" in document:
        # Where no parser can say what is what, nothing after the first suspicious word is shown.
        return document[: found.end()] + _stars(document[found.end() :])
    return _blank_tokens(document)


def _blank_tokens(document: bytes) -> bytes:
    parts: list[bytes] = []
    depth = secret_at = 0
    private = False
    for token in _TOKEN.finditer(document):
        octets, kind = token[0], token.lastgroup
        if kind == "tag":
            name = _NAME.match(octets)
            closing, empty = octets.startswith(b"</"), octets.endswith(b"/>")
            depth -= closing
            if closing and depth < secret_at:
                secret_at = 0
            parts.append(_ATTRIBUTE.sub(partial(_blank_attribute, inside=secret_at > 0), octets))
            if not closing and not empty:
                depth += 1
                private = private or (depth == 1 and name is not None and _PRIVATE.fullmatch(name[1]) is not None)
                if not secret_at and name is not None and _SECRET.fullmatch(name[1]):
                    secret_at = depth
        elif kind == "other":
            parts.append(octets if octets.startswith(b"<?xml ") else octets[:2] + _stars(octets[2:-1]) + b">")
        elif kind == "cdata":
            parts.append(octets[:9] + _stars(octets[9:-3]) + octets[-3:] if secret_at or private else octets)
        else:
            parts.append(_stars(octets) if secret_at or private else octets)
    return b"".join(parts)


def _blank_attribute(found: re.Match[bytes], *, inside: bool) -> bytes:
    name = found[1].rpartition(b":")[2]
    if not inside and (name in _HARMLESS or found[1].startswith(b"xmlns")):
        return found[0]
    start = found.start(2) - found.start()
    return found[0][: start + 1] + _stars(found[0][start + 1 : -1]) + found[0][-1:]


def _stars(octets: bytes) -> bytes:
    return re.sub(rb"[^\r\n]", b"*", octets)
