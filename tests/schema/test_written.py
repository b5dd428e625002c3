from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from schema.written import (
    Written,
    attribute,
    child,
    children,
    optional_attribute,
    optional_child,
    optional_secret,
    secret,
    written,
)


@dataclass(frozen=True, slots=True)
class Line:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    plain: str
    sender: str = attribute("from")
    answered: str | None = optional_attribute("re")
    text: str = child("text")
    note: str | None = optional_child("note")
    password: str = secret("password")
    code: str | None = optional_secret("code")
    lines: tuple[Line, ...] = children("line", Line)
    rooms: tuple[str, ...] = children("room", only="name")


LETTER = Letter(plain="p", sender="anna", text="hello", password="geheim", code="INVITED")
SPECS = {spec.name: spec for spec in fields(Letter)}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("plain", Written("plain")),
        ("sender", Written("from")),
        ("answered", Written("re")),
        ("text", Written("text", child=True)),
        ("note", Written("note", child=True)),
        ("password", Written("password", child=True)),
        ("lines", Written("line", child=True, many=True, item=Line)),
        ("rooms", Written("room", child=True, many=True, only="name")),
    ],
)
def test_a_field_says_how_it_stands_in_the_xml(field: str, expected: Written) -> None:
    assert written(SPECS[field]) == expected


def test_what_is_optional_is_none_and_a_list_is_empty_where_nothing_is_said() -> None:
    assert (LETTER.answered, LETTER.note, LETTER.lines, LETTER.rooms) == (None, None, (), ())


def test_a_secret_is_not_shown() -> None:
    assert "anna" in repr(LETTER)
    assert "geheim" not in repr(LETTER)
    assert "INVITED" not in repr(LETTER)
