from __future__ import annotations

from typing import Any

import pytest

from schema.tools.comparing.content import compared
from schema.tools.comparing.effect import Degree, Effect
from tests.schema.tools.comparing.versions import schema

YES, MAYBE, NO = Degree.YES, Degree.MAYBE, Degree.NO


def element(name: str) -> str:
    """As in a DTD: text, text?, text*, text+."""
    occurs = {"?": 'minOccurs="0"', "*": 'minOccurs="0" maxOccurs="unbounded"', "+": 'maxOccurs="unbounded"'}
    return f'<xs:element name="{name.rstrip("?*+")}" type="xs:string" {occurs.get(name[-1], "")}/>'


def row(*names: str, kind: str = "sequence") -> str:
    return f"<xs:{kind}>" + "".join(name if name[0] == "<" else element(name) for name in names) + f"</xs:{kind}>"


def wildcard(namespace: str, contents: str = "lax") -> str:
    return f'<xs:any namespace="{namespace}" processContents="{contents}" minOccurs="0" maxOccurs="unbounded"/>'


def group(body: str) -> Any:
    return schema(f'<xs:complexType name="T">{body}</xs:complexType>').types["T"].content


@pytest.mark.parametrize(
    ("old", "new", "at", "what", "effect"),
    [
        (row("a"), row("a", "b?"), "/b", "element added, optional", Effect(NO, YES, None, "<a/><b/>")),
        (row("a"), row("a", "b"), "/b", "element added, required", Effect(YES, YES, "<a/>", "<a/><b/>")),
        (row("a", "b?"), row("a"), "/b", "element removed, optional", Effect(YES, NO, "<a/><b/>")),
        (row("a", "b"), row("a"), "/b", "element removed, required", Effect(YES, YES, "<a/><b/>", "<a/>")),
        (row("a"), row("a?"), "/a", "occurs once → 0 to 1 times", Effect(NO, YES, None, "no children")),
        (row("a+"), row("a"), "/a", "occurs 1 or more times → once", Effect(YES, NO, "<a/><a/>")),
        (
            row("a?", "b?"),
            row("b?", "a?"),
            "",
            "order of the children: a, b → b, a",
            Effect(YES, YES, "<a/><b/>", "<b/><a/>"),
        ),
        (row("a"), row("a", "b", kind="choice"), "", "children: (a) → (a | b)", Effect(NO, YES, None, "<b/>")),
        (row("a", "b"), row("a", "b", kind="all"), "", "children: (a, b) → (a & b)", Effect(NO, YES, None, "<b/><a/>")),
        (row("a", "b", kind="choice"), row(row("b", "a", kind="choice")), "", None, Effect()),
        (row("a?", "b", kind="all"), row("a", "b", kind="all"), "/a", None, Effect(YES, NO, "<b/>")),
        (row("a"), "", "/a", "element removed, required", Effect(YES, YES, "<a/>", "no children")),
        (row(wildcard("##other")), row(wildcard("##any")), "", None, Effect(NO, YES)),
        (row(wildcard("##any", "lax")), row(wildcard("##any", "strict")), "", None, Effect(MAYBE, NO)),
        (row("a"), row("a", wildcard("##other")), "", None, Effect(NO, YES, None, "<a/><anything/>")),
    ],
)
def test_one_difference(old: str, new: str, at: str, what: str | None, effect: Effect) -> None:
    [found] = compared(group(old), group(new))
    assert (found.at, found.effect) == (at, effect)
    assert what in (None, found.what)


@pytest.mark.parametrize("body", ["", row("a", "b?"), row(row("a", "b", kind="choice"), wildcard("##other"))])
def test_the_same_written_twice_differs_in_nothing(body: str) -> None:
    assert compared(group(body), group(body)) == ()


def test_several_differences_are_told_one_by_one() -> None:
    found = compared(group(row("a", "z")), group(row("a?", "y?")))
    assert [(part.at, part.what, part.effect.narrowed, part.effect.widened) for part in found] == [
        ("/z", "element removed, required", YES, YES),
        ("/y", "element added, optional", NO, YES),
        ("/a", "occurs once → 0 to 1 times", NO, YES),
    ]


def test_too_large_to_be_decided_is_told_row_by_row() -> None:
    many = '<xs:element name="a" type="xs:string" maxOccurs="30000"/>'
    [found] = compared(group(row(many)), group(row(many.replace("30000", "40000"))))
    assert (found.what, found.effect) == ("occurs 1 to 30000 times → 1 to 40000 times", Effect(NO, YES))


def test_only_what_may_be_left_out_counts_as_added() -> None:
    assert [part.added for part in compared(group(row("a")), group(row("a", "b?")))] == [True]
    assert [part.added for part in compared(group(row("a")), group(row("a", "b")))] == [False]
