from __future__ import annotations

import pytest
from lxml import etree

from schema.mapping import READERS, WRITERS
from schema.messages import (
    MESSAGES,
    NAMESPACE,
    Bye,
    Direct,
    Ex,
    Greeting,
    Limit,
    Login,
    Message,
    Pm,
    Protocol,
    Room,
    Rooms,
    Users,
)

TIME = "2026-01-31T23:59:59.000Z"

#: Messages and their one canonical form, without the declaration of the namespace.
WRITTEN = [
    (Ex(id="1"), '<ex id="1"/>'),
    (Pm(id="1", text=""), '<pm id="1"><text></text></pm>'),
    (Pm(id="1", text="a\tb\r\nc", room="x"), '<pm id="1" room="x"><text>a\tb&#13;&#10;c</text></pm>'),
    (Pm(id="1", text="<&>\"']]>"), '<pm id="1"><text>&lt;&amp;&gt;"\']]&gt;</text></pm>'),
    (Pm(id="1", text="é😀\u0085"), '<pm id="1"><text>é😀\u0085</text></pm>'),
    (
        Login(id="1", name="anna", register=True, minor=0, password="a&b", extensions=("urn:x", "urn:y")),
        '<login id="1" name="anna" register="true" minor="0"><password>a&amp;b</password>'
        "<extension>urn:x</extension><extension>urn:y</extension></login>",
    ),
    (Users(room="x", users=("anna", "bob")), '<users room="x"><user name="anna"/><user name="bob"/></users>'),
    (Rooms(re="1", rooms=(Room("x", 12),)), '<rooms re="1"><room name="x" users="12"/></rooms>'),
    (
        Direct(seq=10**17, sender="anna", to="bob", time=TIME, text="hi"),
        f'<direct seq="100000000000000000" from="anna" to="bob" time="{TIME}"><text>hi</text></direct>',
    ),
    (
        Greeting(server='a "b" <c>', version="1", time=TIME, protocols=(Protocol(1, 0),), limits=(Limit("text", 9),)),
        f'<greeting server="a &quot;b&quot; &lt;c&gt;" version="1" time="{TIME}">'
        '<protocol major="1" minor="0"/><limit name="text" value="9"/></greeting>',
    ),
    (Bye(code="ex", reconnect=False, text="x"), '<bye code="ex" reconnect="false"><text>x</text></bye>'),
]


def with_namespace(document: str) -> bytes:
    return document.replace(" ", f' xmlns="{NAMESPACE}" ', 1).encode()


@pytest.mark.parametrize(("message", "document"), WRITTEN)
def test_a_message_is_written_in_one_form_on_one_line(message: Message, document: str) -> None:
    assert WRITERS[type(message)](message) == with_namespace(document)


@pytest.mark.parametrize(("message", "document"), WRITTEN)
def test_what_is_written_is_read_as_the_same(message: Message, document: str) -> None:
    assert READERS[type(message)](etree.fromstring(with_namespace(document))) == message


def test_attributes_may_come_in_any_order_and_extensions_are_passed_over() -> None:
    document = f"""<c:pm room='x' id='1' xmlns:c='{NAMESPACE}'>
        <c:text>hi</c:text>
        <c:ext><text xmlns='urn:x'>not this</text></c:ext>
    </c:pm>"""
    assert READERS[Pm](etree.fromstring(document)) == Pm(id="1", room="x", text="hi")


def test_a_tab_and_a_line_feed_in_an_attribute_are_not_lost() -> None:
    document = WRITERS[Ex](Ex(id="a\tb\nc\rd"))
    assert document.count(b"\n") == 0
    assert etree.fromstring(document).get("id") == "a\tb\nc\rd"


def test_every_message_has_a_reader_and_a_writer() -> None:
    assert set(READERS) == set(WRITERS) == set(MESSAGES.values())
