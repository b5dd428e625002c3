from __future__ import annotations

import pytest
from lxml import etree

from schema.mapping import READERS, WRITERS
from schema.messages import (
    MESSAGES,
    NAMESPACE,
    Broadcast,
    Bye,
    Direct,
    Ex,
    Greeting,
    History,
    Limit,
    Login,
    Message,
    Page,
    Pm,
    Protocol,
    Resumed,
    Room,
    Rooms,
    User,
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
    (
        Login(
            id="1",
            name="anna",
            client="a@b",
            since=9,
            place=0,
            password="x",
            rooms=("dev", "tea"),
            extensions=("urn:x",),
        ),
        '<login id="1" name="anna" client="a@b" since="9" place="0"><password>x</password>'
        '<room name="dev"/><room name="tea"/><extension>urn:x</extension></login>',
    ),
    (History(id="1"), '<history id="1"/>'),
    (History(id="1", user="bob", after=0, limit=9), '<history id="1" user="bob" after="0" limit="9"/>'),
    (Resumed(seq=0), '<resumed seq="0"/>'),
    (Page(re="1", more=False), '<page re="1" more="false"/>'),
    (
        Page(
            re="1",
            more=True,
            broadcasts=(
                Broadcast(seq=1, room="x", sender="anna", time=TIME, text="<\r\n"),
                Broadcast(seq=2, room="x", sender="bob", time=TIME, text=""),
            ),
            directs=(Direct(seq=3, sender="anna", to="bob", time=TIME, text="hi"),),
        ),
        f'<page re="1" more="true"><broadcast seq="1" room="x" from="anna" time="{TIME}"><text>&lt;&#13;&#10;</text>'
        f'</broadcast><broadcast seq="2" room="x" from="bob" time="{TIME}"><text></text></broadcast>'
        f'<direct seq="3" from="anna" to="bob" time="{TIME}"><text>hi</text></direct></page>',
    ),
    (Users(room="x", users=User.named("anna", "bob")), '<users room="x"><user name="anna"/><user name="bob"/></users>'),
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


def test_a_message_in_a_page_may_have_extensions_that_are_passed_over() -> None:
    direct = f"<direct seq='3' from='anna' to='bob' time='{TIME}'><text>hi</text><ext><a xmlns='urn:x'/></ext></direct>"
    document = f"<page xmlns='{NAMESPACE}' re='1' more='true'>{direct}<ext><direct xmlns='urn:x'/></ext></page>"
    said = Direct(seq=3, sender="anna", to="bob", time=TIME, text="hi")
    assert READERS[Page](etree.fromstring(document)) == Page(re="1", more=True, directs=(said,))


def test_a_tab_and_a_line_feed_in_an_attribute_are_not_lost() -> None:
    document = WRITERS[Ex](Ex(id="a\tb\nc\rd"))
    assert document.count(b"\n") == 0
    assert etree.fromstring(document).get("id") == "a\tb\nc\rd"


def test_white_space_around_a_number_and_a_flag_means_nothing() -> None:
    document = f"<users xmlns='{NAMESPACE}' room='x'><user name='anna' away='&#9;true '/></users>"
    assert READERS[Users](etree.fromstring(document)) == Users(room="x", users=(User("anna", away=True),))
    assert READERS[Resumed](etree.fromstring("<resumed seq=' 7&#10;'/>")) == Resumed(seq=7)


def test_every_message_has_a_reader_and_a_writer() -> None:
    assert set(READERS) == set(WRITERS) == set(MESSAGES.values())
