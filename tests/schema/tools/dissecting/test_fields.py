from __future__ import annotations

import pytest

from schema.messages import MESSAGES
from schema.tools.dissecting import fields
from schema.tools.dissecting.fields import RESERVED, fields_of
from tests.schema.tools.comparing.versions import ours, schema

OURS = {field.path: field for field in fields_of(ours())}


@pytest.mark.parametrize(
    ("path", "name", "kind", "secret"),
    [
        ("pm", "pm", "element", False),
        ("pm/@id", "pm.id", "string", False),
        ("pm/text", "pm.text", "string", False),
        ("bye/@reconnect", "bye.reconnect", "word", False),
        ("broadcast/@seq", "broadcast.seq", "integer", False),
        ("page/broadcast/@from", "page.broadcast.from", "string", False),
        ("login/password", "login.password", "string", True),
        ("login/invitation", "login.invitation", "string", True),
        ("passwd/new", "passwd.new", "string", True),
    ],
)
def test_a_field_of_ours(path: str, name: str, kind: str, secret: bool) -> None:
    field = OURS[path]
    assert (field.name, field.kind, field.secret) == (name, kind, secret)


def test_each_document_has_its_field_and_no_two_have_the_same_name() -> None:
    assert {path for path in OURS if "/" not in path} == set(MESSAGES)
    assert len({field.name for field in OURS.values()}) == len(OURS)


def test_what_its_author_says_of_it_describes_it() -> None:
    assert OURS["pong"].about == "Answers a `ping`."
    assert OURS["pm/@id"].about == "the id of the command"
    # Where nothing is said of an element, its type speaks.
    assert OURS["pm/ext"].about.startswith("Elements of other namespaces")


def test_a_name_that_is_taken_or_odd_is_changed() -> None:
    body = (
        '<xs:element name="length"><xs:complexType><xs:sequence><xs:element name="a.b" type="xs:int"/></xs:sequence>'
        '<xs:attribute name="a.b" type="xs:token"/></xs:complexType></xs:element>'
    )
    found = fields_of(schema(body))
    assert [(field.path, field.name, field.kind) for field in found] == [
        ("length", "length_", "element"),
        ("length/@a.b", "length.a_b", "word"),
        ("length/a.b", "length.a_b_", "integer"),
    ]
    assert not {field.name for field in found} & RESERVED


def test_text_with_attributes_is_a_value() -> None:
    body = (
        '<xs:element name="n"><xs:complexType><xs:simpleContent><xs:extension base="xs:unsignedByte">'
        '<xs:attribute name="passphrase"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>'
    )
    assert [(field.name, field.kind, field.secret) for field in fields_of(schema(body))] == [
        ("n", "integer", False),
        ("n.passphrase", "string", True),
    ]


def test_a_type_inside_itself_is_followed_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        '<xs:complexType name="T"><xs:sequence><xs:element name="t" type="T" minOccurs="0"/></xs:sequence>'
        '<xs:attribute name="id"/></xs:complexType><xs:element name="t" type="T"/>'
    )
    assert [field.name for field in fields_of(schema(body))] == ["t", "t.id", "t.t"]
    monkeypatch.setattr(fields, "MAX_FIELDS", 2)
    assert len(fields_of(schema(body))) == 2
