from __future__ import annotations

import pytest

from schema.errors import Refusal
from schema.guard import check_declarations, check_octets, not_well_formed
from schema.limits import MAX_DOCUMENT
from tests.examples import INVALID, VALID, Example

DOCUMENT = b'<pm xmlns="urn:xmlchat:1" id="1"><text>hi</text></pm>'
OCTET_CODES = {"byte-order-mark", "not-utf8", "encoding", "xml-version"}


def of_codes(*codes: str) -> list[Example]:
    return [example for example in INVALID if example.code in codes]


@pytest.mark.parametrize("example", of_codes(*OCTET_CODES), ids=str)
def test_octets_that_are_not_plain_utf8_go_no_further(example: Example) -> None:
    with pytest.raises(Refusal) as refused:
        check_octets(example.octets)
    assert refused.value.code.name == example.code
    assert refused.value.offset is not None


@pytest.mark.parametrize("example", of_codes("doctype"), ids=str)
def test_a_document_type_is_found_in_every_disguise(example: Example) -> None:
    check_octets(example.octets)
    with pytest.raises(Refusal) as refused:
        check_declarations(example.octets)
    assert refused.value.code.name == "doctype"


@pytest.mark.parametrize("example", of_codes("doctype"), ids=str)
def test_what_declares_a_type_holds_the_two_characters_that_call_for_the_guard(example: Example) -> None:
    assert b"<!" in example.octets


@pytest.mark.parametrize("example", VALID, ids=str)
def test_a_valid_document_passes(example: Example) -> None:
    check_octets(example.octets)
    check_declarations(example.octets)


@pytest.mark.parametrize("limit", [len(DOCUMENT), MAX_DOCUMENT])
def test_the_size_is_checked_to_the_octet(limit: int) -> None:
    check_octets(DOCUMENT.ljust(limit), limit)
    with pytest.raises(Refusal) as refused:
        check_octets(DOCUMENT.ljust(limit + 1), limit)
    assert refused.value.code.name == "too-large"


@pytest.mark.parametrize(
    "declaration",
    [
        b"<?xml version='1.0'?>",
        b'<?xml version="1.0" encoding="utf-8"?>',
        b"<?xml\tversion = '1.0'\r\n encoding = \"UTF-8\" standalone='no' ?>",
    ],
)
def test_a_declaration_may_be_written_in_any_correct_way(declaration: bytes) -> None:
    check_octets(declaration + DOCUMENT)


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        (b'<?xml version="1.0" encoding="latin1"?>', "encoding"),
        (b'<?xml version="1.0" encoding=""?>', "encoding"),
        (b'<?xml version="1.0" encoding="utf-8 "?>', "encoding"),
        (b'<?xml version="1.1" encoding="latin1"?>', "xml-version"),
        (b'<?xml version=""?>', "xml-version"),
        (b'<?xml encoding="UTF-8" version="1.0"?>', "not-well-formed"),
        (b'<?xml version="1.0" encoding="UTF-8" standalone="perhaps"?>', "not-well-formed"),
        (b'<?xml version="1.0" encoding="&#85;TF-8"?>', "not-well-formed"),
        (b'<?xml version="1.0"', "not-well-formed"),
    ],
)
def test_any_other_declaration_is_refused(declaration: bytes, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_octets(declaration + DOCUMENT)
    assert refused.value.code.name == code


def test_a_refused_octet_is_named_with_its_place() -> None:
    with pytest.raises(Refusal, match=r"Octet 39 \(0xfc\)") as refused:
        check_octets('<pm xmlns="urn:xmlchat:1" id="1"><text>ü</text></pm>'.encode("latin-1"))
    assert refused.value.offset == 39


def test_a_mistake_in_the_xml_is_placed_by_characters_not_octets() -> None:
    with pytest.raises(Refusal) as refused:
        check_declarations("<a>\r\n😀é& </a>".encode())
    assert (refused.value.line, refused.value.column) == (2, 4)


def test_of_a_parsers_reason_no_more_than_a_printable_line_is_repeated() -> None:
    sentence = not_well_formed(1, 0, "xmlns: '\x9b\n" + "é" * 40_000).sentence
    assert len(sentence) < 200
    assert sentence.isascii()
    assert sentence.isprintable()
