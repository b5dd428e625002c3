"""What is said to the example clients and through them, and what a server that is wrong sends them."""

from __future__ import annotations

from schema.limits import MAX_SERVER_DOCUMENT
from tests.client.fake_server import GREETING, octets

NAMESPACE = 'xmlns="urn:xmlchat:1"'

#: Each has to come out as it went in.
TEXTS = (
    "plain",
    "Grüß dich",
    "日本語 한국어 العربية עברית",
    "😀 👩‍👩‍👧‍👦 🏳️‍🌈",
    "\U00010000 \U0010fffd",
    "if a < b && c > d",
    "]]>",
    "<![CDATA[x]]> <!-- x --> <?x?> <!DOCTYPE x>",
    "&amp; &lt; &#65; &nbsp; &",
    "\"double\" 'single' `back`",
    "tab\tinside",
    "  spaces before and after  ",
    "\ttabs before and after\t",
    "one\ntwo",
    "one\r\ntwo",
    "one\rtwo\r",
    "\nfirst\n\nlast\n",
    "\x7f \x85 \u2028 \u202e \u200b \ufeff \ufffd",
    "\ufefffirst",
    "e\u0301 is not é",
    "$(id) `id` ${x} %s %n \\n \\ & && * ? !! ~",
    "-n -e --help",
    "//comment",
    "é" * 4096,
    "😀" * 4096,
    "]]>&<\r\n" * 512,
)

#: Nothing of these may go to the server: XML cannot carry it, or the XSD does not allow it.
UNSENDABLE = (
    b"\x01",
    b"a\x1bb",
    "\ufffe".encode(),
    b"\xff\xfe",
    b"\xed\xa0\xbd\xed\xb8\x80",
    b"/dm Bob hello",
    b'/dm bob" hello',
    b"/dm bob",
    b"/nonsense",
    b"x" * 16_385,
)

_OK = f'<ok {NAMESPACE} re="1"/>'.encode()

#: What a client that is logged in has to refuse, by what is wrong with it (PROTOCOL.md §3.2).
BAD_DOCUMENTS = {
    "byte-order-mark": b"\xef\xbb\xbf" + _OK,
    "not-utf8": f'<bye {NAMESPACE} code="x" reconnect="true"><text>'.encode() + b"\xe9</text></bye>",
    "encoding": b'<?xml version="1.0" encoding="ISO-8859-1"?>' + _OK,
    "utf-16": _OK.decode().encode("utf-16-le"),
    "xml-version": b'<?xml version="1.1"?>' + _OK,
    "doctype": b"<!DOCTYPE ok>" + _OK,
    "entity": b'<!DOCTYPE ok [<!ENTITY a "1">]>' + _OK.replace(b'"1"', b'"&a;"'),
    "not-well-formed": _OK.replace(b"/>", b">"),
    "comment": _OK.replace(b"/>", b"><!-- --></ok>"),
    "processing-instruction": _OK.replace(b"/>", b"><?x y?></ok>"),
    "too-deep": _OK.replace(b"/>", b"><ext>" + b'<a xmlns="urn:a">' * 15 + b"</a>" * 15 + b"</ext></ok>"),
    "too-many-attributes": _OK.replace(
        b"/>",
        b'><ext><a xmlns="urn:a" ' + b" ".join(b'a%d=""' % number for number in range(33)) + b"/></ext></ok>",
    ),
    "too-many-elements": f'<users {NAMESPACE} room="lobby">'.encode() + b'<user name="u"/>' * 25_000 + b"</users>",
    "xsi-attribute": _OK.replace(
        b"/>", b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="x"/>'
    ),
    "wrong-namespace": b'<ok xmlns="urn:xmlchat:2" re="1"/>',
    "unknown-element": _OK.replace(b"<ok", b"<okay"),
    "wrong-direction": f'<pm {NAMESPACE} id="1"><text>hello</text></pm>'.encode(),
    "not-now": octets(GREETING)[4:],
    "invalid": _OK.replace(b'"1"', b'"1 2"'),
}

#: No frame from a server has one of these (§2.3).
BAD_LENGTHS = (0, 4, MAX_SERVER_DOCUMENT + 5, 0xFFFF_FFFF)


#: XML that says the same as what this server sends may come in another form one day (§3.3).
OTHER_TEXT = "a < b\n & c"
OTHER_FORM = (
    b"<?xml version='1.0' encoding='utf-8' ?>\n<x:broadcast\n  xmlns:x='urn:xmlchat:1' seq='1' room='lobby'\n"
    b"  from='bob' time='2026-03-01T09:05:00.000Z'>\n<x:text><![CDATA[a < b\n]]>&#x20;&#38; c</x:text></x:broadcast>\n"
)
OTHER_PING = b"<x:ping xmlns:x='urn:xmlchat:1' id='p2'></x:ping>"


def largest() -> bytes:
    """A list of users as large as a server may send (§2.3)."""
    start, end = f'<users {NAMESPACE} room="lobby">'.encode(), b"</users>"
    users = b"".join(b'<user name="u%05d" role="moderator"/>' % number for number in range(20_000))
    spaces = MAX_SERVER_DOCUMENT - len(start + users + end)
    return start + users + b" " * spaces + end
