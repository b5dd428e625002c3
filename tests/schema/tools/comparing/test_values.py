from __future__ import annotations

import pytest

from schema.tools.comparing.effect import Degree, Effect
from schema.tools.comparing.values import Facets, compared
from tests.schema.tools.comparing.versions import schema

YES, MAYBE, NO = Degree.YES, Degree.MAYBE, Degree.NO

#: Simple types, each by the body of its declaration; `base facet=value …` is a restriction.
Kind = str


def declared(kind: Kind) -> str:
    if kind.startswith("<"):
        return kind
    base, *facets = kind.split(" ")
    inside = "".join('<xs:{} value="{}"/>'.format(*facet.split("=", 1)) for facet in facets)
    return f'<xs:restriction base="xs:{base}">{inside}</xs:restriction>'


def differences(old: Kind, new: Kind) -> list[tuple[str, Effect]]:
    types = [schema(f'<xs:simpleType name="T">{declared(kind)}</xs:simpleType>').types["T"] for kind in (old, new)]
    return [(part.what, part.effect) for part in compared(*types)]


LIST, UNION = '<xs:list itemType="xs:{}"/>', '<xs:union memberTypes="{}"/>'


@pytest.mark.parametrize(
    ("old", "new", "what", "effect"),
    [
        ("string maxLength=9", "string maxLength=8", "maxLength: 9 → 8", Effect(YES, NO, "'aaaaaaaaa'")),
        ("string maxLength=8", "string maxLength=9", "maxLength: 8 → 9", Effect(NO, YES, None, "'aaaaaaaaa'")),
        ("string", "string minLength=1", "minLength: none → 1", Effect(YES, NO, "''")),
        ("string length=2", "string length=1", "length: 2 → 1", Effect(YES, YES, "'aa'", "'a'")),
        ("string pattern=[a-z]{1,2}", "string pattern=[a-z]{1,3}", None, Effect(NO, YES, None, "'aaa'")),
        ("string pattern=[a-z]+", "string pattern=[a-y]+|z+", None, Effect(YES, NO, "'az'")),
        ("string pattern=[a-z]+", "string pattern=[a-z][a-z]*", None, Effect()),
        ("string pattern=[0-9]{1,2}", r"string pattern=\d{1,2}", None, Effect(MAYBE, YES, None, "'०'")),
        ("long pattern=[0-9]{1,3}", "long pattern=[0-9]{1,4}", None, Effect(NO, YES, None, "'0000'")),
        # The word that the patterns lead to first, no number at all, is refused by both.
        ("int pattern=[0-9a]{2}", "int pattern=[0-9]{2}", None, Effect(MAYBE, NO)),
        ("string enumeration=a enumeration=b", "string enumeration=b", "values removed: a", Effect(YES, NO, "'a'")),
        ("string enumeration=a", "string enumeration=a enumeration=b", None, Effect(NO, YES, None, "'b'")),
        ("string enumeration=a", "string", "any value, not only those listed", Effect(NO, YES, None, "''")),
        ("token", "token enumeration=a", "only these values: a", Effect(YES, NO, "''")),
        ("int", "long", "values: int → long", Effect(NO, YES, None, "'9223372036854775807'")),
        ("string", "int", "values: string → int", Effect(YES, NO, "'2147483648'")),
        ("int maxInclusive=9", "int maxInclusive=10", "maxInclusive: 9 → 10", Effect(NO, YES, None, "'10'")),
        ("int minExclusive=9", "int minExclusive=10", "minExclusive: 9 → 10", Effect(YES, NO, "'10'")),
        ("decimal totalDigits=3", "decimal totalDigits=2", "totalDigits: 3 → 2", Effect(YES, NO, "'999'")),
        ("decimal fractionDigits=1", "decimal fractionDigits=2", None, Effect(NO, YES, None, "'0.11'")),
        (
            "dateTime minInclusive=2020-01-01T00:00:00Z",
            "dateTime minInclusive=2021-01-01T00:00:00Z",
            None,
            Effect(YES, NO, "'2020-01-01T00:00:00Z'"),
        ),
        ("string", "token", "values: string → token", Effect(MAYBE, NO)),
        (LIST.format("int"), LIST.format("long"), "made of int → long", Effect(MAYBE, YES, None, "'2147483648'")),
        (
            UNION.format("xs:int xs:boolean"),
            UNION.format("xs:int"),
            "made of int, boolean → int",
            Effect(YES, MAYBE, "'true'"),
        ),
    ],
)
def test_one_difference(old: Kind, new: Kind, what: str | None, effect: Effect) -> None:
    [found] = differences(old, new)
    assert found[1] == effect
    assert what in (None, found[0])


@pytest.mark.parametrize("kind", ["string", "string pattern=[a-z]+ maxLength=3", LIST.format("int")])
def test_the_same_type_written_twice_differs_in_nothing(kind: Kind) -> None:
    assert differences(kind, kind) == []


def test_a_facet_that_another_makes_idle_breaks_nothing() -> None:
    found = dict(differences("string maxLength=8", "string maxLength=64 pattern=[a-z]{1,8}"))
    assert found["maxLength: 8 → 64"] == Effect()
    assert found["pattern: none → [a-z]{1,8}"] == Effect(YES, NO, "''")


def test_a_long_value_is_shown_by_its_length() -> None:
    [(_, effect)] = differences("string maxLength=1638", "string maxLength=1096")
    assert effect.lost == "1,097 characters, 'aaaaaaaaaaaaaaaaaaaa'…"


def test_the_facets_of_the_bases_are_counted_in() -> None:
    body = (
        '<xs:simpleType name="A"><xs:restriction base="xs:token"><xs:pattern value="[a-z]+"/></xs:restriction>'
        "</xs:simpleType>"
        '<xs:simpleType name="B"><xs:restriction base="A"><xs:pattern value="a.*"/><xs:maxLength value="3"/>'
        "</xs:restriction></xs:simpleType>"
    )
    facets = Facets.of(schema(body).types["B"])
    assert (facets.builtin, facets.patterns, facets.own) == ("token", (("a.*",), ("[a-z]+",)), {"maxLength": 3})
