from __future__ import annotations

import pytest
from lxml import etree

from schema.places import MAX_QUOTED, Place, named, path_of, place_at, place_of, quoted


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bob", "'bob'"),
        ("", "''"),
        ("it's", '"it\'s"'),
        ("b\u043eb", "'b\\u043eb'"),
        ("\x1b[31m\x9b\u202e\n", "'\\x1b[31m\\x9b\\u202e\\n'"),
        ("{urn:x}bob", "'{urn:x}bob'"),
        ("x" * MAX_QUOTED, f"'{'x' * MAX_QUOTED}'"),
        ("x" * (MAX_QUOTED + 1), f"'{'x' * (MAX_QUOTED - 3)}...'"),
    ],
)
def test_a_foreign_value_is_quoted_short_and_printable(value: str, expected: str) -> None:
    assert quoted(value) == expected


@pytest.mark.parametrize(("document", "expected"), [("<a/>", "'a'"), ("<x:é xmlns:x='urn:x'/>", "'\\xe9'")])
def test_an_element_is_named_without_its_namespace(document: str, expected: str) -> None:
    assert named(etree.fromstring(document)) == expected


@pytest.mark.parametrize(
    ("before", "line", "column"),
    [
        ("", 1, 1),
        ("<a>", 1, 4),
        ("<a>\n", 2, 1),
        ("<a>\r\n  ", 2, 3),
        ("<a>\r\r\n\n", 4, 1),
        ("é你😀", 1, 4),
        ("\n\u2028\u0085", 2, 3),
    ],
)
def test_a_place_counts_lines_as_xml_does_and_columns_in_characters(before: str, line: int, column: int) -> None:
    octets = before.encode()
    assert place_at(octets + b"rest", len(octets)) == Place(line, column, len(octets))


@pytest.mark.parametrize(
    ("document", "attribute"),
    [
        ("<a><b/><c><b |d='1'/></c></a>", "d"),
        ('<a><b/><b/><x:b xmlns:x="urn:x" y=">" |d = "1"/></a>', "d"),
        ("<a><b/><b d='no'/>\r\n<b\r\n\tq='d=1'\r\n\t|d\r\n=\r\n'1'/></a>", "d"),
        ("<a><b/><b/><b é='d' |x:d='1' xmlns:x='urn:x'/></a>", "d"),
        ("<?xml version='1.0'?>\n<!-- <b/> --><a><![CDATA[<b/>]]>é<b/><b/>|<b/></a>", None),
        ("<a><b/><b/>|<b not='it'/></a>", "d"),
    ],
)
def test_the_fourth_element_or_its_attribute_is_found_where_the_bar_is(document: str, attribute: str | None) -> None:
    before, _, after = document.partition("|")
    octets = (before + after).encode()
    elements = list(etree.fromstring(octets).iter(etree.Element))
    place = place_of(octets, elements[3], attribute)
    assert place == place_at(octets, len(before.encode()))


def test_an_element_is_found_though_expat_does_not_know_a_name_after_it() -> None:
    octets = "<a><b/><\U00010000/></a>".encode()
    assert place_of(octets, etree.fromstring(octets)[0]).offset == 3


@pytest.mark.parametrize(
    ("document", "attribute", "expected"),
    [
        ("<a/>", None, "/a"),
        ("<a/>", "id", "/a/@id"),
        ("<x:a xmlns:x='urn:x'><b xmlns='urn:y'/></x:a>", None, "/a/b"),
        ("<a><é/></a>", None, None),
        (f"<a><{'b' * 253}/></a>", None, f"/a/{'b' * 253}"),
        (f"<a><{'b' * 254}/></a>", None, None),
    ],
)
def test_a_path_has_names_only_and_is_left_out_where_the_schema_has_no_room_for_it(
    document: str, attribute: str | None, expected: str | None
) -> None:
    *_, last = etree.fromstring(document).iter()
    assert path_of(last, attribute) == expected
