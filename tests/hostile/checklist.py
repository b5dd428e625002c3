"""The checklist of hostile XML: for each kind of attack its inputs, and the exact code that each of them gets.

An input is an example of schema/examples, named by its file, whose code stands in the index there; or a case that is
made here, because it is as large as a document may be. A case is made for each side, in the size that it may send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from schema.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_DOCUMENT, MAX_ELEMENTS, MAX_SERVER_DOCUMENT, MAX_TEXT
from schema.messages import NAMESPACE, Side
from tests.examples import DOCUMENTS

Make = Callable[[int, Side], str]

SIZES = {Side.CLIENT: MAX_DOCUMENT, Side.SERVER: MAX_SERVER_DOCUMENT}

#: A document with a text that each side may send.
_SAYING = {
    Side.CLIENT: f'<pm xmlns="{NAMESPACE}" id="1"><text>{{}}</text></pm>',
    Side.SERVER: f'<prompt xmlns="{NAMESPACE}" re="1" name="anna" account="new"><text>{{}}</text></prompt>',
}


@dataclass(frozen=True, slots=True)
class Hostile:
    """`code` is what a document of the size in octets gets; None where it is harmless and accepted."""

    name: str
    make: Make
    code: str | None = None
    #: What the same gets from a server, where that is something else.
    from_server: str | None = None
    senders: tuple[Side, ...] = tuple(Side)


@dataclass(frozen=True, slots=True)
class Case:
    """One input with its verdict; `code` is None where it is accepted."""

    row: str
    name: str
    sender: Side
    code: str | None
    octets: Callable[[], bytes]

    def __str__(self) -> str:
        return f"{self.row}: {self.name} from the {self.sender.value}"


def _fill(head: str, unit: str | Callable[[int], str], tail: str, size: int) -> str:
    """As many units as fit; one that differs from the next is as long as its millionth is."""
    if not unit:
        return head + tail
    make = unit if callable(unit) else lambda _: unit
    count = (size - len(head) - len(tail)) // len(make(999_999))
    return head + "".join(map(make, range(count))) + tail


def _document(unit: str | Callable[[int], str], around: tuple[str, str] = ("", "")) -> Make:
    """A ping, which both sides may send, filled with units."""
    head, tail = f'<ping xmlns="{NAMESPACE}" id="1">{around[0]}', f"{around[1]}</ping>"
    return lambda size, _: _fill(head, unit, tail, size)


def _extension(unit: str | Callable[[int], str]) -> Make:
    return _document(unit, ('<ext><b xmlns="urn:b">', "</b></ext>"))


def _start_tag(unit: str | Callable[[int], str]) -> Make:
    return _document(unit, ('<ext><b xmlns="urn:b"', "/></ext>"))


def _one(content: str) -> Make:
    return lambda _size, _side: f'<ping xmlns="{NAMESPACE}" id="1">{content}</ping>'


def _text(unit: str, count: int | None = None) -> Make:
    def make(size: int, side: Side) -> str:
        head, tail = _SAYING[side].split("{}")
        return head + unit * count + tail if count is not None else _fill(head, unit, tail, size)

    return make


def _declared(declarations: str | Callable[[int], str], content: str = "&a;", more: str = "") -> Make:
    """Behind a document type with as many declarations as fit."""

    def make(size: int, side: Side) -> str:
        return _fill(f"<!DOCTYPE pm [{more}", declarations, f"]>{_SAYING[side].format(content)}", size)

    return make


def _laughs(_size: int, side: Side) -> str:
    levels = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30)]
    return f'<!DOCTYPE pm [<!ENTITY l0 "ha">{"".join(levels)}]>{_SAYING[side].format("&l29;")}'


def _quadratic(size: int, side: Side) -> str:
    half = size // 2 - 300
    return f'<!DOCTYPE pm [<!ENTITY a "{"x" * half}">]>{_SAYING[side].format("&a;" * (half // 3))}'


def _invalid_list(size: int, side: Side) -> str:
    if side is Side.CLIENT:
        return _fill(f'<login xmlns="{NAMESPACE}" id="1" name="anna">', '<room name="A"/>', "</login>", size)
    head = f'<users xmlns="{NAMESPACE}" room="lobby">'
    return head + '<user name="A"/>' * (MAX_ELEMENTS - 1) + "</users>"


def _one_element_too_many(_size: int, _side: Side) -> str:
    return f'<ping xmlns="{NAMESPACE}" id="1"><ext><b xmlns="urn:b">{"<a/>" * (MAX_ELEMENTS - 2)}</b></ext></ping>'


def _external(_size: int, side: Side) -> str:
    return f'<!DOCTYPE pm SYSTEM "http://127.0.0.1:9/chat.dtd">{_SAYING[side].format("")}'


def _nested(deep: int) -> str:
    """A ping with so many elements inside each other in its extension."""
    return f'<ping xmlns="{NAMESPACE}" id="1"><ext xmlns:b="urn:b">{"<b:a>" * deep}{"</b:a>" * deep}</ext></ping>'


def _nested_pings(size: int) -> str:
    count = size // len("<ping></ping>") - 20
    return f'<ping xmlns="{NAMESPACE}" id="1">{"<ping>" * count}{"</ping>" * count}</ping>'


def _attributes(count: int) -> str:
    return " ".join(f'a{n}=""' for n in range(count))


_NESTED = MAX_DEPTH - 2
_MANY = "too-many-elements"
_SERVER = (Side.SERVER,)

#: Each kind of attack, and its inputs.
ROWS: dict[str, tuple[str | Hostile, ...]] = {
    "octets that are not UTF-8": (
        *(
            "latin1.xml",
            "overlong.xml",
            "overlong-nul.xml",
            "surrogates.xml",
            "beyond-unicode.xml",
            "cut-character.xml",
        ),
        "latin1-declared-and-used.xml",
    ),
    "NUL": ("nul.xml", "trailing-nul.xml", "reference-to-nul.xml"),
    "UTF-16, UTF-32, EBCDIC and byte order marks": (
        *("bom-utf8.xml", "bom-utf16le.xml", "bom-utf16be.xml", "bom-utf32le.xml", "bom-utf32be.xml"),
        *("utf16le.xml", "utf16be.xml", "utf32le.xml", "ebcdic.xml"),
    ),
    "a declared encoding": (
        *("utf7-declared.xml", "latin1-declared.xml", "latin1-declared-single-quotes.xml", "utf16-declared.xml"),
        *("unknown-encoding-declared.xml", "utf8-misspelt.xml"),
    ),
    "a declared version": (
        *("xml-1.1.xml", "xml-2.0.xml", "declaration-without-version.xml", "two-declarations.xml"),
        "declaration-only.xml",
    ),
    "a document type": (
        *("doctype.xml", "doctype-alone.xml", "doctype-internal.xml", "doctype-external.xml", "doctype-public.xml"),
        *("doctype-after-declaration.xml", "doctype-after-comment.xml", "doctype-after-instruction.xml"),
        *("doctype-of-another-name.xml", "doctype-wins-over-broken-xml.xml", "doctype-default-attribute.xml"),
        Hostile("behind white space", lambda _, side: f"\n\t <!DOCTYPE pm>{_SAYING[side].format('')}", "doctype"),
        Hostile("in lower case", lambda _, side: f"<!doctype pm>{_SAYING[side].format('')}", "not-well-formed"),
        Hostile("inside the root", _one("<!DOCTYPE ping>"), "not-well-formed"),
        Hostile("behind the root", lambda _, side: f"{_SAYING[side].format('')}<!DOCTYPE pm>", "not-well-formed"),
        Hostile("as text in CDATA", _text("<![CDATA[<!DOCTYPE a [<!ENTITY b 'c'>]>]]>", 1)),
        Hostile("a conditional section", _declared("", more="<![INCLUDE[<!ENTITY a 'b'>]]>"), "doctype"),
        Hostile("a content model 20,000 deep", _declared("", more=f"<!ELEMENT a {'(' * 20_000}"), "doctype"),
        Hostile("as many declarations as fit", _declared(lambda n: f'<!ENTITY a{n} "b">'), "doctype"),
        Hostile("as many notations as fit", _declared(lambda n: f'<!NOTATION a{n} SYSTEM "b">'), "doctype"),
        Hostile("as many defaults as fit", _declared(lambda n: f"<!ATTLIST pm a{n} CDATA 'b'>", ""), "doctype"),
    ),
    "entities": (
        *("doctype-external-entity.xml", "doctype-parameter-entity.xml", "doctype-billion-laughs.xml"),
        *("unknown-entity.xml", "reference-beyond-unicode.xml", "reference-to-surrogate.xml"),
        Hostile("laughs, thirty levels", _laughs, "doctype"),
        Hostile("quadratic: one long entity many times", _quadratic, "doctype"),
        Hostile("an entity inside itself", _declared("", more='<!ENTITY a "&a;">'), "doctype"),
        Hostile(
            "a parameter entity inside itself", _declared("", more='<!ENTITY % a "&#37;a;"> %a;', content=""), "doctype"
        ),
        Hostile(
            "an entity in an attribute's default",
            _declared("", more='<!ENTITY a "b"><!ATTLIST pm id CDATA "&a;">', content=""),
            "doctype",
        ),
        Hostile("a file", _declared("", more='<!ENTITY a SYSTEM "file:///etc/passwd">'), "doctype"),
        Hostile("an address", _declared("", more='<!ENTITY a SYSTEM "http://127.0.0.1:9/">'), "doctype"),
        Hostile("a document type at an address", _external, "doctype"),
        Hostile("references without a declaration", _text("&a;"), "not-well-formed"),
        Hostile("a reference of many zeros", _text(f"&#{'0' * 30_000}65;", 1)),
        Hostile("as many of XML's own as a text may have", _text("&lt;", MAX_TEXT)),
    ),
    "XInclude": (
        "pm-xinclude.xml",
        Hostile(
            "in an extension, where it is not carried out",
            _one('<ext><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/></ext>'),
        ),
    ),
    "comments and instructions": (
        *("comment-before.xml", "comment-inside.xml", "comment-in-text.xml", "comment-after.xml"),
        *("comment-in-extension.xml", "instruction-before.xml", "instruction-inside.xml", "instruction-in-text.xml"),
        "instruction-after.xml",
        Hostile("as many comments as fit", _text("<!---->"), "comment"),
        Hostile("as many instructions as fit", _text("<?a?>"), "processing-instruction"),
        Hostile("one long comment", _text(f"<!--{'x' * 30_000}-->", 1), "comment"),
        Hostile(
            "a style sheet",
            lambda _, s: f'<?xml-stylesheet href="file:///etc/passwd"?>{_SAYING[s].format("")}',
            "processing-instruction",
        ),
    ),
    "CDATA": (
        "pm-cdata.xml",
        "cdata-end-in-text.xml",
        Hostile("as many empty ones as fit", _text("<![CDATA[]]>")),
        Hostile("one that does not end", _text("<![CDATA[", 1), "not-well-formed"),
        Hostile("markup in it is text", _text("<![CDATA[</text><text>&a;]]>", 1)),
    ),
    "depth": (
        *("pm-sixteen-deep.xml", "deep-17.xml", "deep-300.xml"),
        Hostile("as deep as allowed", lambda _, __: _nested(_NESTED)),
        Hostile("one deeper", lambda _, __: _nested(_NESTED + 1), "too-deep"),
        Hostile("as deep as fits", lambda size, _: _nested(size // 12), "too-deep"),
        Hostile("as deep as fits, of our own", lambda size, _: _nested_pings(size), "too-deep"),
    ),
    "attributes": (
        *("attributes-33.xml", "attributes-33-in-extension.xml", "attribute-twice.xml", "masked-attribute-twice.xml"),
        "attribute-twice-by-prefix.xml",
        Hostile("as many as allowed", _one(f'<ext><b xmlns="urn:b" {_attributes(MAX_ATTRIBUTES)}/></ext>')),
        Hostile(
            "one more", _one(f'<ext><b xmlns="urn:b" {_attributes(MAX_ATTRIBUTES + 1)}/></ext>'), "too-many-attributes"
        ),
        Hostile("as many as fit", _start_tag(lambda n: f' a{n}=""'), "too-many-attributes"),
        Hostile("the same again and again", _start_tag(' a=""'), "not-well-formed"),
        Hostile(
            "one as long as fits",
            lambda size, _: _fill('<ping xmlns="urn:xmlchat:1" id="', "a", '"/>', size),
            "invalid",
        ),
    ),
    "elements": (
        Hostile("as many as fit, in an extension", _extension("<a/>"), None, _MANY),
        Hostile("as many as fit, outside", _document("<a/>"), "invalid", _MANY),
        Hostile("as many as allowed and one", _one_element_too_many, _MANY, senders=_SERVER),
        Hostile("each with a name of its own", _extension(lambda n: f"<a{n}/>"), None, _MANY),
        Hostile("each with a prefix of its own", _extension(lambda n: f'<a{n}:b xmlns:a{n}="c"/>'), None, _MANY),
        Hostile("each of them invalid", _invalid_list, "invalid"),
        Hostile("each of ours and invalid", _extension(f'<ping xmlns="{NAMESPACE}"/>'), "invalid", _MANY),
        Hostile("as many empty texts as fit", _document("<text/>"), "invalid", _MANY),
        Hostile("opened and not closed", _extension("<a>"), "not-well-formed", "too-deep"),
    ),
    "names": (
        Hostile("of 40,000 characters", _one(f'<ext><{"a" * 40_000} xmlns="urn:b"/></ext>')),
        Hostile("of 50,001 characters", _one(f'<ext><{"a" * 50_001} xmlns="urn:b"/></ext>'), "not-well-formed"),
        Hostile("a prefix of 40,000 characters", _one(f'<ext><{"a" * 25_000}:b xmlns:{"a" * 25_000}="urn:b"/></ext>')),
        Hostile("an attribute of 40,000 characters", _one(f'<ext><b xmlns="urn:b" {"a" * 40_000}=""/></ext>')),
        Hostile(
            "a root of 40,000 characters", lambda _, __: f'<{"a" * 40_000} xmlns="{NAMESPACE}"/>', "unknown-element"
        ),
        Hostile("undeclared prefixes", _extension(lambda n: f"<a{n}:b/>"), "not-well-formed"),
    ),
    "other octets": (
        *("gzip.xml", "two-roots.xml", "trailing-text.xml", "leading-space.xml", "plain-text.xml", "json.xml"),
        *(
            "html.xml",
            "empty.xml",
            "bare-ampersand.xml",
            "bare-less-than.xml",
            "less-than-in-attribute.xml",
            "white-space-only.xml",
            "unclosed.xml",
            "crossed-tags.xml",
        ),
        Hostile("nothing but <", lambda size, _: "<" * size, "not-well-formed"),
        Hostile("nothing but &", _text("&"), "not-well-formed"),
        Hostile("nothing but white space", lambda size, _: " " * size, "not-well-formed"),
        Hostile("a root and white space", lambda size, _: _fill(f'<ping xmlns="{NAMESPACE}" id="1"/>', "\n", "", size)),
        Hostile(
            "white space inside the tag", lambda size, _: _fill("<ping", " ", f' xmlns="{NAMESPACE}" id="1"/>', size)
        ),
    ),
    "namespaces": (
        *("no-namespace.xml", "other-namespace.xml", "next-namespace.xml", "namespace-in-upper-case.xml"),
        *("pm-prefixed.xml", "pm-prefix-of-two-meanings.xml", "pm-text-of-no-namespace.xml", "pm-prefixed-id.xml"),
        *(
            "pm-ext-of-our-own.xml",
            "pm-ext-of-no-namespace.xml",
            "undeclared-prefix.xml",
            "masked-undeclared-prefix.xml",
        ),
        *("pm-xml-base.xml", "pm-xml-lang.xml", "undeclared-prefix-of-attribute.xml"),
        Hostile(
            "the prefix xml bound to ours",
            lambda _, __: f'<xml:ping xmlns:xml="{NAMESPACE}" id="1"/>',
            "not-well-formed",
        ),
        Hostile("the prefix xmlns", lambda _, __: f'<xmlns:ping xmlns:xmlns="{NAMESPACE}" id="1"/>', "not-well-formed"),
        Hostile(
            "ours with white space around it", lambda _, __: f'<ping xmlns=" {NAMESPACE} " id="1"/>', "not-well-formed"
        ),
        Hostile("ours by references", lambda _, __: '<ping xmlns="urn:xmlch&#97;t:1" id="1"/>'),
        Hostile(
            "ours with an invisible character",
            lambda _, __: f'<ping xmlns="{NAMESPACE}&#8203;" id="1"/>',
            "not-well-formed",
        ),
        Hostile("as many declarations as fit", _start_tag(lambda n: f' xmlns:a{n}="b"')),
        Hostile("as many namespaces as fit", _extension(lambda n: f'<a xmlns="urn:{n}"/>'), None, _MANY),
        Hostile("one of 60,000 characters", _one(f'<ext><b xmlns="urn:{"b" * 60_000}"/></ext>')),
        Hostile(
            "ours deep inside another", _one(f'<ext><b xmlns="urn:b"><bye xmlns="{NAMESPACE}"/></b></ext>'), "invalid"
        ),
    ),
    "xsi": (
        *("xsi-schema-location.xml", "xsi-type.xml", "xsi-nil.xml", "xsi-other-prefix.xml", "xsi-in-extension.xml"),
        Hostile(
            "a schema at an address",
            _one(
                '<ext xmlns:x="http://www.w3.org/2001/XMLSchema-instance" '
                'x:schemaLocation="urn:b http://127.0.0.1:9/b.xsd"/>'
            ),
            "xsi-attribute",
        ),
    ),
    "values that are trimmed": (
        *("login-name-with-space.xml", "pm-line-feed-in-room.xml", "pm-id-with-space.xml", "ok-time-with-space.xml"),
        *(
            "login-minor-plus.xml",
            "login-register-1.xml",
            "login-minor-arabic-digits.xml",
            "login-extension-with-space.xml",
        ),
    ),
    "length": (
        *("login-long-password.xml", "pm-long-id.xml", "dm-long-name.xml", "login-longest-names.xml"),
        Hostile("characters outside the first plane count one each", _text("😀", MAX_TEXT)),
        Hostile("one more than the schema allows", _text("x", 16_385), "invalid"),
        Hostile("a text as long as fits", _text("x"), "invalid"),
    ),
    "patterns that branch": (
        Hostile("an id", lambda size, _: _fill(f'<ping xmlns="{NAMESPACE}" id="', "a", '!"/>', size), "invalid"),
        Hostile(
            "a label",
            lambda _, __: (
                f'<greeting xmlns="{NAMESPACE}" server="{"a " * 2_000}" version="1" time="2026-01-31T23:59:59.000Z">'
                '<protocol major="1" minor="0"/></greeting>'
            ),
            "wrong-direction",
            "invalid",
        ),
    ),
    "control characters": (
        *(
            "escape.xml",
            "reference-to-escape.xml",
            "non-character.xml",
            "login-name-with-c1.xml",
            "pm-odd-characters.xml",
        ),
        Hostile("C1 in a text, which the client makes harmless", _text("\x9b31m", 100)),
        Hostile("a line separator", _text("\u2028\u2029\u0085\x7f", 100)),
    ),
    "right to left": (
        "login-name-with-override.xml",
        Hostile("overrides in a text, which the client makes harmless", _text("\u202e\u2066\u061c", 100)),
    ),
    "names that look like others": ("dm-look-alike.xml", "pm-upper-case-room.xml", "users-upper-case.xml"),
    "somebody else's name, number or time": (
        *("pm-from.xml", "pm-seq.xml", "pm-time.xml", "pm-to.xml", "pm-foreign-attribute.xml"),
        *("client-sends-broadcast.xml", "client-sends-welcome.xml", "client-sends-page.xml", "client-sends-error.xml"),
    ),
}


def _cases() -> Iterator[Case]:
    examples = {example.file.rpartition("/")[2]: example for example in DOCUMENTS}
    for row, inputs in ROWS.items():
        for one in inputs:
            if isinstance(one, str):
                example = examples[one]
                yield Case(row, one, example.sender, example.code, partial(bytes, example.octets))
                continue
            for sender in one.senders:
                code = one.from_server or one.code if sender is Side.SERVER else one.code
                yield Case(row, one.name, sender, code, partial(_octets, one.make, sender))


def _octets(make: Make, sender: Side) -> bytes:
    return make(SIZES[sender], sender).encode()


CASES = tuple(_cases())
