from __future__ import annotations

import pytest
from lxml import etree

from schema.codec import decode
from schema.errors import Refusal
from schema.explain import WANTED
from schema.messages import MESSAGES, NAMESPACE
from tests.examples import FOLDER, INVALID, VALID, Example, said
from tests.schema.strategies import XS, XSD, attribute_types, child_types, type_of

PM = f'<pm xmlns="{NAMESPACE}" id="1"'


def refusal_of(document: str | bytes) -> Refusal:
    refused = said(document if isinstance(document, bytes) else document.encode())
    assert isinstance(refused, Refusal)
    assert refused.code.name == "invalid"
    return refused


@pytest.mark.parametrize("example", [one for one in INVALID if one.code == "invalid"], ids=str)
def test_a_sentence_is_short_and_printable_and_has_a_place(example: Example) -> None:
    refusal = refusal_of(example.octets)
    assert refusal.at == example.at
    assert refusal.sentence.isascii()
    assert refusal.sentence.isprintable()
    assert len(refusal.sentence) < 250
    assert refusal.offset is not None
    assert example.octets[refusal.offset : refusal.offset + 1].strip(b" ") != b""


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (f'<pm xmlns="{NAMESPACE}"><text/></pm>', "The attribute 'id' of 'pm' is missing."),
        (f"{PM}/>", "'pm' is incomplete: it needs text inside."),
        (f"{PM}>hi</pm>", "'pm' holds text of its own; text belongs into an element inside it."),
        (f"{PM}><b/></pm>", "'b' has no place here; expected text."),
        (f"{PM}><text/><ext/><ext/></pm>", "'ext' has no place here; nothing more is expected."),
        (f"{PM}><text/><ext><text/></ext></pm>", "'text' has no place here; expected an element of another namespace."),
        (f"{PM}><text><b/></text></pm>", "'text' holds plain text only, no elements. Write '<' as '&lt;'."),
        (
            f'<login xmlns="{NAMESPACE}" id="1" name="anna"><room name="tea"> </room></login>',
            "'room' holds nothing, neither elements nor text nor white space.",
        ),
        (f'{PM} from="bob"><text/></pm>', "'pm' has no attribute 'from'."),
        (f'{PM} xml:lang="en"><text/></pm>', "'pm' has no attribute 'lang'."),
        (f'{PM} room="A"><text/></pm>', f"The attribute 'room' is 'A'; expected {WANTED['Name']}."),
        (f'{PM} room="{{a}}b"><text/></pm>', f"The attribute 'room' is '{{a}}b'; expected {WANTED['Name']}."),
        (
            f'<login xmlns="{NAMESPACE}" id="1" name="anna"><extension>a b</extension></login>',
            f"The text of 'extension' is 'a b'; expected {WANTED['Uri']}.",
        ),
        (
            f'<login xmlns="{NAMESPACE}" id="1" name="anna"><password></password></login>',
            f"The text of 'password' is not valid: expected {WANTED['Password']}.",
        ),
    ],
)
def test_a_mistake_is_named_in_words(document: str, sentence: str) -> None:
    assert refusal_of(document).sentence == sentence


def test_the_place_is_that_of_the_attribute() -> None:
    refusal = refusal_of(f'\n<users xmlns="{NAMESPACE}" room="a">\n  <user name="é"/>\n</users>')
    assert (refusal.at, refusal.line, refusal.column) == ("/users/user/@name", 3, 9)


@pytest.mark.parametrize(
    ("second", "at"),
    [
        ('<broadcast seq="-1" room="a" from="b" time="2026-01-31T23:59:59.000Z"><text/></broadcast>', "/@seq"),
        ('<broadcast seq="2" room="a" from="b" time="2026-01-31T23:59:59.000Z"><text><b/></text></broadcast>', "/text"),
        ('<broadcast seq="2" room="a" from="b" time="2026-01-31T23:59:59.000Z"><b/></broadcast>', "/b"),
        ('<broadcast seq="2" room="a" from="b"><text/></broadcast>', ""),
    ],
)
def test_in_a_page_the_message_at_fault_is_named(second: str, at: str) -> None:
    first = '<broadcast seq="1" room="a" from="b" time="2026-01-31T23:59:59.000Z"><text/></broadcast>'
    refusal = refusal_of(f'<page xmlns="{NAMESPACE}" re="1" more="false">\n{first}\n{second}</page>')
    assert (refusal.at, refusal.line) == (f"/page/broadcast{at}", 3)


def test_the_first_of_several_mistakes_is_named() -> None:
    refusal = refusal_of(f'<users xmlns="{NAMESPACE}" room="a"><user name="B"/><user name="C"/></users>')
    assert "'B'" in refusal.sentence


ATTRIBUTES = [
    (element, name, simple) for element in MESSAGES for name, (simple, _) in attribute_types(type_of(element)).items()
]


@pytest.mark.parametrize(("element", "attribute", "simple"), ATTRIBUTES)
def test_every_attribute_is_explained_by_its_own_type(element: str, attribute: str, simple: str) -> None:
    root = etree.parse(FOLDER / f"{element}.xml").getroot()
    root.set(attribute, "é ")
    refusal = refusal_of(etree.tostring(root, encoding="utf-8"))
    assert refusal.at == f"/{element}/@{attribute}"
    assert refusal.sentence == f"The attribute '{attribute}' is '\\xe9 '; expected {WANTED[simple]}."


PARTS = [
    (element, child, name, simple)
    for element in MESSAGES
    for child, (held, _) in child_types(type_of(element)).items()
    for name, (simple, _) in attribute_types(held).items()
]


@pytest.mark.parametrize(("element", "child", "attribute", "simple"), PARTS)
def test_every_attribute_of_a_part_too(element: str, child: str, attribute: str, simple: str) -> None:
    root, part = next(
        (root, part)
        for example in VALID
        if example.element == element
        for root in [etree.fromstring(example.octets)]
        for part in root.iterchildren(f"{{{NAMESPACE}}}{child}")
    )
    part.set(attribute, "")
    refusal = refusal_of(etree.tostring(root, encoding="utf-8"))
    assert refusal.at == f"/{element}/{child}/@{attribute}"
    assert refusal.sentence == f"The attribute '{attribute}' is ''; expected {WANTED[simple]}."


def test_every_simple_type_of_the_schema_is_put_into_words_and_no_other() -> None:
    assert set(WANTED) == {str(node.get("name")) for node in XSD.iter(f"{XS}simpleType")}


@pytest.mark.parametrize(
    "password",
    ["", "x" * 1025, "geheim<b/>", "<b>geheim</b>", "geheim</password><password>geheim", "<!-- -->geheim"],
)
def test_a_password_is_never_repeated(password: str) -> None:
    document = f'<login xmlns="{NAMESPACE}" id="1" name="anna"><password>{password}</password></login>'
    with pytest.raises(Refusal) as refused:
        decode(document.encode())
    assert "geheim" not in refused.value.sentence
    assert "xxx" not in refused.value.sentence
