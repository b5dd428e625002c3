from __future__ import annotations

from collections.abc import Callable

import pytest
from lxml import etree

from schema.errors import Refusal
from schema.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS
from schema.restricted import check_count, check_tree
from tests.examples import INVALID, VALID, Example

CODES = {"comment", "processing-instruction", "xsi-attribute", "too-deep", "too-many-attributes"}
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def code_of(document: str | bytes, check: Callable[[etree._Element], None] = check_tree) -> str | None:
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, huge_tree=True))
    try:
        check(root)
    except Refusal as refusal:
        return refusal.code.name
    return None


@pytest.mark.parametrize("example", [one for one in INVALID if one.code in CODES], ids=str)
def test_what_the_schema_cannot_see_is_refused(example: Example) -> None:
    assert code_of(example.octets) == example.code


@pytest.mark.parametrize("example", VALID, ids=str)
def test_a_valid_document_passes(example: Example) -> None:
    assert code_of(example.octets) is None


@pytest.mark.parametrize(
    ("depth", "code"), [(1, None), (MAX_DEPTH, None), (MAX_DEPTH + 1, "too-deep"), (255, "too-deep")]
)
def test_elements_may_be_nested_so_deep_and_no_deeper(depth: int, code: str | None) -> None:
    assert code_of("<a>" * depth + "</a>" * depth) == code


@pytest.mark.parametrize(("count", "code"), [(MAX_ATTRIBUTES, None), (MAX_ATTRIBUTES + 1, "too-many-attributes")])
@pytest.mark.parametrize("document", ["<a {}/>", "<a><b/><b><c {}/></b></a>"])
def test_an_element_may_have_so_many_attributes_and_no_more(count: int, code: str | None, document: str) -> None:
    assert code_of(document.format(" ".join(f'a{i}=""' for i in range(count)))) == code


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ('<a xmlns:xsi="urn:x" xsi:type="b"/>', None),
        (f"<a {XSI}/>", None),
        (f'<a {XSI} type="b"/>', None),
        (f'<a {XSI}><b><c xsi:anything=""/></b></a>', "xsi-attribute"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "doctype"),
        ("<a>&#60;!-- --&#62;</a>", None),
        ("<a><![CDATA[<!-- --><?b?>]]></a>", None),
    ],
)
def test_what_only_looks_like_it_passes(document: str, code: str | None) -> None:
    assert code_of(document) == code


def test_the_line_is_named() -> None:
    with pytest.raises(Refusal) as refused:
        check_tree(etree.fromstring("<a>\n\n<b/><!-- here --></a>"))
    assert refused.value.line == 3


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (f"<a>{'<b/>' * (MAX_ELEMENTS - 1)}</a>", None),
        (f"<a>{'<b/>' * MAX_ELEMENTS}</a>", "too-many-elements"),
        (f"<a>{'<b><c/></b>' * (MAX_ELEMENTS // 2)}</a>", "too-many-elements"),
        (f"<a>{'<!---->' * (MAX_ELEMENTS + 1)}</a>", "comment"),
        (f"<a>{'<?b?>' * (MAX_ELEMENTS + 1)}</a>", "processing-instruction"),
        (f"<a>{'<![CDATA[<]]>' * (MAX_ELEMENTS + 1)}</a>", None),
    ],
)
def test_a_document_may_have_so_many_elements_and_no_more(document: str, code: str | None) -> None:
    assert code_of(document, check_count) == code


def test_a_long_name_is_not_repeated_whole() -> None:
    with pytest.raises(Refusal) as refused:
        check_tree(etree.fromstring(f'<a {XSI} xsi:{"é" * 5000}="b"/>'))
    assert len(refused.value.sentence) < 300
    assert refused.value.sentence.isascii()
