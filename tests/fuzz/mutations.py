"""What is done to a valid document: a table of small harms, each of which takes octets and gives octets."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from schema.messages import NAMESPACE
from tests.fuzz.grammar import NAMES

Harm = Callable[[bytes, Random], bytes]

_TAG = re.compile(rb"<[^<>]*>")
_ATTRIBUTE = re.compile(rb"""\s[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*')""")
_NAME = re.compile(rb"[A-Za-z_][\w.-]*")
_XSI = b' xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'

#: What breaks things when it stands where nobody expects it.
_PIECES: tuple[bytes, ...] = (
    *(b"<", b">", b"/", b"&", b";", b'"', b"'", b"=", b":", b"]]>", b"<!", b"<?", b"?>", b"-->", b"\0", b" ", b"\r"),
    *(b"<!---->", b"<!-- x -->", b"<?a b?>", b"<?xml version='1.0'?>", b"<![CDATA[", b"<![CDATA[]]>", b"<a/>", b"</a>"),
    *(b"&amp;", b"&nbsp;", b"&#0;", b"&#x1b;", b"&#xD800;", b"&#x10FFFF;", b"&#99999999999;", b"&#13;", b"&a;"),
    *(b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"\xc2\x9b"),
    *(
        b"<!DOCTYPE a>",
        b"<!DOCTYPE a [<!ENTITY a 'b'>]>",
        b"<!DOCTYPE a SYSTEM 'file:///dev/null'>",
        b"<!ELEMENT a ANY>",
    ),
    *(b' xmlns=""', b' xmlns="urn:x"', b' xmlns:c="urn:x"', b' xmlns="relative"', b' xmlns=" "', b' xml:space="x"'),
    *(_XSI + b' i:type="Pm"', _XSI + b' i:nil="true"', _XSI + b' i:schemaLocation="a b"', b' i:type="x"', b" x:y=''"),
    *(b"18446744073709551616", b"-1", b"+1", b"1e9", b"true", b"0", b"\xd9\xa1", "😀".encode(), "𐀀".encode()),
)
#: Those that leave a document well-formed, as a rule, between two tags and inside one.
_WHOLE = tuple(
    piece for piece in _PIECES if re.fullmatch(rb"<!--.*-->|<\?a.*|<!\[CDATA\[\]\]>|<a/>|&.*;|[ \r\d].*", piece)
)
_INSIDE = tuple(piece for piece in _PIECES if piece.startswith(b" "))

_DECLARATIONS: tuple[bytes, ...] = (
    *(b"<?xml version='1.0'?>", b"<?xml version='1.1'?>", b"<?xml version='1.0' encoding='utf-16'?>", b"<?xml?>"),
    *(b"<?xml version='1.0' encoding='UTF-7'?>", b"<?xml version='1.0' encoding='ebcdic-cp-us'?>", b"\xff\xfe"),
    *(b"<?xml version='1.0' standalone='no'?>", b"<?xml version='1.0' encoding='x'?>", b"\xfe\xff", b"\xef\xbb\xbf"),
)
_ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "latin-1", "cp037", "utf-8-sig")


def _place(octets: bytes, rng: Random) -> int:
    return rng.randint(0, len(octets))


def _flip(octets: bytes, rng: Random) -> bytes:
    if not octets:
        return octets
    at = rng.randrange(len(octets))
    return octets[:at] + bytes([octets[at] ^ 1 << rng.randrange(8)]) + octets[at + 1 :]


def _any_octet(octets: bytes, rng: Random) -> bytes:
    at = _place(octets, rng)
    return octets[:at] + rng.randbytes(rng.choice((1, 1, 2, 4))) + octets[at + rng.randint(0, 1) :]


def _remove(octets: bytes, rng: Random) -> bytes:
    at = _place(octets, rng)
    return octets[:at] + octets[at + rng.choice((1, 2, 5, 20)) :]


def _truncate(octets: bytes, rng: Random) -> bytes:
    return octets[: _place(octets, rng)]


def _insert(octets: bytes, rng: Random) -> bytes:
    at = _place(octets, rng)
    return octets[:at] + rng.choice(_PIECES) + octets[at:]


def _insert_between_tags(octets: bytes, rng: Random) -> bytes:
    ends = [0, *(found.end() for found in _TAG.finditer(octets))]
    at = rng.choice(ends)
    return octets[:at] + rng.choice(_WHOLE) + octets[at:]


def _insert_in_tag(octets: bytes, rng: Random) -> bytes:
    tags = [found.end() - (2 if found[0].endswith(b"/>") else 1) for found in _TAG.finditer(octets)]
    at = rng.choice(tags or [0])
    return octets[:at] + rng.choice(_INSIDE) + octets[at:]


def _repeat(octets: bytes, rng: Random) -> bytes:
    start, end = sorted((_place(octets, rng), _place(octets, rng)))
    count = rng.choice((2, 3, 20)) if rng.random() < 0.99 else 2_000
    return octets[:start] + (octets[start:end] * count)[:70_000] + octets[end:]


def _declare(octets: bytes, rng: Random) -> bytes:
    return rng.choice(_DECLARATIONS) + octets


def _encode(octets: bytes, rng: Random) -> bytes:
    return octets.decode(errors="replace").encode(rng.choice(_ENCODINGS), errors="replace")


def _attributes(octets: bytes, rng: Random) -> bytes:
    """Doubles, removes, renames or moves one."""
    found = list(_ATTRIBUTE.finditer(octets))
    if not found:
        return octets
    one, other = rng.choice(found), rng.choice(found)
    name, _, value = one[0].partition(b"=")
    new = rng.choice(
        (
            one[0] * 2,
            b"",
            b" " + rng.choice(NAMES).encode() + b"=" + value,
            name + b"='" + rng.choice(_PIECES).replace(b"'", b"") + b"'",
            name.replace(b" ", b" c:", 1) + b"=" + value,
            one[0] + other[0],
            other[0],
            b"".join(b" a%d=''" % n for n in range(40)),
        )
    )
    return octets[: one.start()] + new + octets[one.end() :]


def _tags(octets: bytes, rng: Random) -> bytes:
    """Doubles, removes, moves or swaps tags, with what is between them, or wraps it in more."""
    found = list(_TAG.finditer(octets))
    if len(found) < 2:
        return octets
    one, other = sorted(rng.sample(found, 2), key=lambda tag: tag.start())
    piece = octets[one.start() : other.end()]
    before, after = octets[: one.start()], octets[other.end() :]
    kind = rng.randrange(6)
    if kind == 0:
        return before + piece + piece + after
    if kind == 1:
        return before + after
    if kind == 2:
        return before + other[0] + octets[one.end() : other.start()] + one[0] + after
    if kind == 3:
        deep = rng.choice((1, 2, 13, 15, 20, 300))
        return before + b"<a>" * deep + piece + b"</a>" * deep + after
    if kind == 4:
        rest = before + after
        at = rng.choice([0, *(tag.end() for tag in _TAG.finditer(rest))])
        return rest[:at] + piece + rest[at:]
    return before + b"<ext>" + piece + b"</ext>" + after


def _rename(octets: bytes, rng: Random) -> bytes:
    """One name, everywhere or in one place."""
    found = list(_NAME.finditer(octets))
    if not found:
        return octets
    one, new = rng.choice(found), rng.choice(NAMES).encode()
    if rng.random() < 0.5:
        return octets.replace(one[0], new)
    return octets[: one.start()] + new + octets[one.end() :]


def _namespace(octets: bytes, rng: Random) -> bytes:
    ours = NAMESPACE.encode()
    return octets.replace(ours, rng.choice((b"", b"urn:xmlchat:2", ours + b" ", ours.upper(), b"urn:x", b"relative")))


def _bomb(octets: bytes, rng: Random) -> bytes:
    entities = b"".join(b"<!ENTITY e%d '%s'>" % (n + 1, b"&e%d;" % n * 10) for n in range(rng.randint(0, 12)))
    return b"<!DOCTYPE pm [<!ENTITY e0 'x'>" + entities + b"]>" + octets.replace(b"</text>", b"&e9;</text>")


#: The likely ones stand here more than once.
HARMS: tuple[Harm, ...] = (
    *(_flip, _any_octet, _remove, _truncate, _insert, _insert, _insert_between_tags, _insert_between_tags),
    *(_insert_in_tag, _insert_in_tag, _repeat, _declare, _encode, _attributes, _attributes, _tags, _tags, _tags),
    *(_rename, _rename, _namespace, _bomb),
)


def splice(one: bytes, other: bytes, rng: Random) -> bytes:
    """The beginning of one and the end of the other, cut anywhere or between tags."""
    if rng.random() < 0.5:
        return one[: _place(one, rng)] + other[_place(other, rng) :]
    cut, join = (rng.choice([0, *(tag.end() for tag in _TAG.finditer(octets))]) for octets in (one, other))
    return one[:cut] + other[join:]


def mutate(octets: bytes, rng: Random) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        octets = rng.choice(HARMS)(octets, rng)
    return octets
