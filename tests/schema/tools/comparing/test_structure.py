"""Small edits of chat.xsd, and what is said of each."""

from __future__ import annotations

import pytest
from lxml import etree

from schema.tools.comparing.effect import Change, Degree
from schema.tools.comparing.parties import Directions, Party, verdicts
from schema.tools.comparing.structure import MAX_PATHS, changes
from tests.schema.tools.comparing.versions import CHAT, Edit, schema, version

_LETTERS = {Degree.NO: ".", Degree.MAYBE: "?", Degree.YES: "X"}


@pytest.fixture(scope="module")
def old() -> object:
    return version()


def rows(old: object, new: object) -> list[tuple[str, str, str]]:
    """Path, what changed, and for the old client, the old server and the old captures: X breaks, ? may break, . not."""
    directions = Directions(old, new)

    def broken(change: Change) -> str:
        said = verdicts(change, directions.of(change.roots))
        return "".join(_LETTERS[said[party].degree] for party in Party)

    return [(change.path, change.what, broken(change)) for change in changes(old, new)]


TEXT = '<xs:element name="text" type="Text"/>'
DIRECT = '<xs:element name="direct" type="DirectDocument" minOccurs="0" maxOccurs="unbounded"/>'  # of a page
ROOM = '<xs:attribute name="room" type="Name"/>'  # of a pm alone
OLD = '<xs:element name="old" type="Password"/>'  # of a passwd, which is a command
RECONNECT = '<xs:attribute name="reconnect" type="Flag" use="required"/>'  # of a bye
MORE = '<xs:attribute name="more" type="Flag" use="required"/>'  # of a page
PING = '<xs:element name="ping" type="PingDocument"/>'
BYE = '<xs:element name="bye" type="ByeDocument"/>'
ANY = 'namespace="##other" processContents="lax"'
NAME, WORD = '"[a-z][a-z0-9._\\-]{0,31}"', '"[a-z][a-z0-9\\-]{0,63}"'
SECRET = '<xs:minLength value="1"/><xs:maxLength value="1024"/>'
FLAG = '<xs:pattern value="true|false"/>'


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        # Documents.
        ([(BYE, "")], [("/bye", "document removed", ".XX")]),
        ([(PING, "")], [("/ping", "document removed", "XXX")]),
        ([(BYE, BYE + '<xs:element name="farewell" type="ByeDocument"/>')], [("/farewell", "document added", "X..")]),
        # Only a command must have an id.
        ([(BYE, BYE + '<xs:element name="shout" type="PmDocument"/>')], [("/shout", "document added", ".X.")]),
        # Attributes, of commands and of data.
        ([(ROOM, "")], [("/pm/@room", "attribute removed, optional", "X.X")]),
        ([(ROOM, ROOM.replace("/>", ' use="required"/>'))], [("/pm/@room", "optional → required", "X.X")]),
        ([(ROOM, ROOM.replace("room", "place") + ROOM)], [("/pm/@place", "attribute added, optional", ".X.")]),
        ([(ROOM, ROOM.replace("room", "place") + ROOM.replace("/>", ' fixed="tea"/>'))], None),
        ([(ROOM, ROOM.replace("/>", ' use="prohibited"/>'))], [("/pm/@room", "attribute removed, optional", "X.X")]),
        ([(RECONNECT, "")], [("/bye/@reconnect", "attribute removed, required", "XXX")]),
        ([(RECONNECT, RECONNECT.replace("required", "optional"))], [("/bye/@reconnect", "required → optional", "X..")]),
        (
            [(RECONNECT, RECONNECT + RECONNECT.replace("reconnect", "soon"))],
            [("/bye/@soon", "attribute added, required", "XXX")],
        ),
        ([(ROOM, ROOM.replace("/>", ' fixed="tea"/>'))], [("/pm/@room", "fixed value: none → 'tea'", "X.X")]),
        (
            [(ROOM, ROOM.replace("/>", ' default="tea"/>'))],
            [("/pm/@room", "default value: none → 'tea', so what is left out means something else", "...")],
        ),
        (
            [(MORE, MORE + '<xs:attribute name="kind" type="Token"/><xs:anyAttribute namespace="##other"/>')],
            [
                ("/page/@kind", "attribute added, optional", "X.."),
                ("/page", "attributes beside these: none → any ##other strict", "X.."),
            ],
        ),
        # The type of an attribute.
        (
            [(ROOM, ROOM.replace("Name", "Token"))],
            [("/pm/@room", "pattern: [a-z][a-z0-9._\\-]{0,31} → [a-z][a-z0-9\\-]{0,63}", "XXX")],
        ),
        # Children.
        ([(OLD, "")], [("/passwd/old", "element removed, required", "XXX")]),
        ([(OLD, OLD + OLD.replace("old", "newer"))], [("/passwd/newer", "element added, required", "XXX")]),
        ([(OLD, OLD.replace("/>", ' minOccurs="0"/>'))], [("/passwd/old", "occurs once → 0 to 1 times", ".X.")]),
        ([(OLD, OLD.replace("/>", ' maxOccurs="2"/>'))], [("/passwd/old", "occurs once → 1 to 2 times", ".X.")]),
        (
            [(OLD, ""), ('<xs:element name="new" type="Password"/>', '<xs:element name="new" type="Password"/>' + OLD)],
            [("/passwd", "order of the children: old, new, ext → new, old, ext", "XXX")],
        ),
        (
            [('name="user" type="User" minOccurs="0" maxOccurs="unbounded"', 'name="user" type="User" minOccurs="0"')],
            [
                ("/welcome/user", "occurs 0 or more times → 0 to 1 times", ".XX"),
                ("/users/user", "occurs 0 or more times → 0 to 1 times", ".XX"),
            ],
        ),
        (
            [
                (
                    'name="broadcast" type="BroadcastDocument" minOccurs="0" maxOccurs="unbounded"',
                    'name="broadcast" type="BroadcastDocument"',
                )
            ],
            [("/page/broadcast", "occurs 0 or more times → once", ".XX")],
        ),
        ([(DIRECT, "")], [("/page/direct", "element removed, optional", ".XX")]),
        # A wildcard.
        ([(ANY, ANY.replace("##other", "##any"))], [("/pm/ext", "wildcard: any ##other lax → any ##any lax", "XX.")]),
        ([(ANY, ANY.replace("lax", "skip"))], [("/pm/ext", "wildcard: any ##other lax → any ##other skip", "??.")]),
        ([(ANY, ANY.replace("lax", "strict"))], [("/pm/ext", "wildcard: any ##other lax → any ##other strict", "???")]),
        # Simple types, in commands, in data and in both.
        ([(SECRET, SECRET.replace("1024", "64"))], [("/passwd/old", "maxLength: 1,024 → 64", "X.X")]),
        ([(SECRET, SECRET.replace('"1"', '"8"'))], [("/passwd/old", "minLength: 1 → 8", "X.X")]),
        ([(SECRET, SECRET.replace("1024", "2048"))], [("/passwd/old", "maxLength: 1,024 → 2,048", ".X.")]),
        ([(NAME, NAME.replace("31", "63"))], [("/pm/@room", None, "XX.")]),
        ([(NAME, '"[a-z0-9._\\-]{1,32}"')], [("/pm/@room", None, "XX.")]),
        ([(WORD, WORD.replace("a-z0-9", "a-z"))], [("/pm/@kind", None, "XXX")]),
        ([(WORD, '"[a-z]([a-z0-9]|-){0,63}"')], [("/pm/@kind", None, "...")]),
        ([(FLAG, FLAG.replace("true|false", "true|false|1"))], [("/welcome/@registered", None, "X..")]),
        ([(FLAG, FLAG.replace("true|false", "true"))], [("/welcome/@registered", None, ".XX")]),
        # No boolean is called so.
        ([(FLAG, FLAG.replace("true|false", "true|false|maybe"))], [("/welcome/@registered", None, "...")]),
        # White space around a value is a part of a string.
        ([('base="xs:boolean"', 'base="xs:string"')], [("/welcome/@registered", "values: boolean → string", ".XX")]),
        ([(WORD, r'"\p{Ll}[a-z0-9\-]{0,63}"')], [("/pm/@kind", None, "XX?")]),
        (
            [('base="xs:long"', 'base="xs:int"')],
            [("/welcome/@seq", "values: long → int", ".XX")],
        ),
        # Other kinds of content.
        (
            [('name="User">', 'name="User" mixed="true">')],
            [("/welcome/user", "between the children: no text → text", "X..")],
        ),
        ([(OLD, OLD.replace("/>", ' nillable="true"/>'))], [("/passwd/old", "nillable", ".X.")]),
        ([(TEXT, TEXT.replace("Text", "User"))], None),
        # What documents do not show.
        ([('name="PmDocument"', 'name="Renamed"'), ('type="PmDocument"', 'type="Renamed"')], []),
        (
            [
                (
                    'name="Token">',
                    'name="Token"><xs:annotation><xs:documentation>Words.</xs:documentation></xs:annotation>',
                )
            ],
            [],
        ),
        # Everything at once.
        ([("urn:xmlchat:1", "urn:xmlchat:2")], [("/", "namespace: urn:xmlchat:1 → urn:xmlchat:2", "XXX")]),
    ],
)
def test_an_edit(edits: list[Edit], expected: list[tuple[str, str | None, str]] | None, old: object) -> None:
    """Where `expected` is None, several rows are found, and it is enough that something breaks."""
    found = rows(old, version(*edits))
    if expected is None:
        assert any("X" in broken for _, _, broken in found)
        return
    assert [(path, broken) for path, _, broken in found] == [(path, broken) for path, _, broken in expected]
    assert all(what in (None, said) for (_, said, _), (_, what, _) in zip(found, expected, strict=True))


def test_a_type_that_is_used_in_many_places_is_one_row(old: object) -> None:
    [change] = changes(old, version(('value="16384"', 'value="64"')))
    assert change.paths == [
        *("/pm/text", "/broadcast/text", "/page/broadcast/text", "/page/direct/text", "/bye/text"),
    ]


def test_a_namespace_that_a_child_leaves_is_named(old: object) -> None:
    new = version(('<xs:element name="old"', '<xs:element form="unqualified" name="old"'))
    assert [(path, what) for path, what, _ in rows(old, new)] == [
        ("/passwd/old", "element of the namespace urn:xmlchat:1 removed, required"),
        ("/passwd/old", "element of no namespace added, required"),
    ]


def test_in_a_schema_of_somebody_else_each_document_may_go_both_ways() -> None:
    before = schema('<xs:element name="order" type="xs:string"/>')
    after = schema('<xs:element name="order" type="xs:token"/><xs:element name="offer" type="xs:string"/>')
    assert rows(before, after)[1] == ("/offer", "document added", "XX.")


@pytest.mark.parametrize(
    ("old_type", "new_type", "what"),
    [
        (
            '<xs:element name="a" type="xs:int"/>',
            '<xs:element name="a"><xs:complexType/></xs:element>',
            "content: text → elements",
        ),
        (
            '<xs:element name="a" type="xs:int"/>',
            '<xs:element name="a"><xs:complexType><xs:simpleContent><xs:extension base="xs:int">'
            '<xs:attribute name="b"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>',
            "attribute added, optional",
        ),
        (
            '<xs:element name="a"><xs:complexType><xs:sequence><xs:element name="b" type="xs:int" maxOccurs="9"/>'
            "</xs:sequence></xs:complexType></xs:element>",
            '<xs:element name="a"><xs:complexType><xs:sequence><xs:element name="b" type="xs:int" maxOccurs="9"/>'
            '</xs:sequence></xs:complexType><xs:unique name="u"><xs:selector xpath="b"/><xs:field xpath="."/>'
            "</xs:unique></xs:element>",
            "unique, key or keyref: u",
        ),
    ],
)
def test_kinds_of_content_that_ours_does_not_have(old_type: str, new_type: str, what: str) -> None:
    assert [said for _, said, _ in rows(schema(old_type), schema(new_type))] == [what]


def test_an_attribute_that_was_let_through_before_is_nothing_new_but_is_looked_at_now() -> None:
    body = (
        '<xs:element name="a"><xs:complexType>{}<xs:anyAttribute processContents="skip"/></xs:complexType></xs:element>'
    )
    free, named = schema(body.format("")), schema(body.format('<xs:attribute name="b" type="xs:int"/>'))
    [(path, what, broken)] = rows(free, named)
    assert (path, what, broken) == ("/a/@b", "attribute added, optional", "???")
    assert rows(named, free) == [("/a/@b", "attribute removed, optional", "??.")]


def test_a_schema_that_is_recursive_is_walked_once() -> None:
    tree = (
        '<xs:complexType name="Tree"><xs:sequence><xs:element name="tree" type="Tree" minOccurs="0"/></xs:sequence>'
        '<xs:attribute name="id" type="xs:{}"/></xs:complexType><xs:element name="tree" type="Tree"/>'
    )
    [change] = changes(schema(tree.format("int")), schema(tree.format("long")))
    assert change.paths == ["/tree/@id"]
    assert len(change.paths) <= MAX_PATHS


def test_the_part_of_chat_xsd_that_is_edited_is_as_it_stands_there() -> None:
    assert etree.fromstring(CHAT.encode()).get("targetNamespace") == "urn:xmlchat:1"
