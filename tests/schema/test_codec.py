from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import example as with_example
from hypothesis import given
from hypothesis import strategies as st

from schema.codec import decode, encode
from schema.errors import CODES, Refusal, Unsendable
from schema.limits import MAX_DOCUMENT, MAX_SERVER_DOCUMENT, MAX_TEXT
from schema.messages import (
    MESSAGES,
    NAMESPACE,
    Broadcast,
    Dm,
    Greeting,
    History,
    Login,
    Message,
    Ok,
    Page,
    Pm,
    Side,
    User,
    Users,
)
from tests.examples import DOCUMENTS, EXAMPLES, VALID, Example, gets_its_verdict, said
from tests.hostile.checklist import CASES
from tests.schema.strategies import AWKWARD, MESSAGES_OF_ALL_KINDS

PM = f'<pm xmlns="{NAMESPACE}" id="1"><text>{{}}</text></pm>'
DOCUMENT_CODES = list(CODES)[: list(CODES).index("invalid") + 1]


PIECES = (b"", b"<", b">", b'"', b"&", b":", b"\0", b"]]>", b"<!", b"x:", "𐀀".encode())
ODDITIES = (
    *(b" xml:lang='en'", b" xml:space='default'", b"<xml:a/>", b"<xml:a>" * 17 + b"</xml:a>" * 17),
    *(b"<ext/>", b"<ext><xml:a/></ext>", b"<ext>" + b"<xml:a>" * 17 + b"</xml:a>" * 17 + b"</ext>"),
    *(b" xmlns:x='urn:x'", b" xmlns=''", b" xmlns='urn:xmlchat:1'", b" xmlns='relative'", b"<a xmlns='urn:a'/>"),
    *(b" a='1'", b" id='2'", b" id='2' id='3'", b"&#60;", b"&nbsp;", b"&#0;", b"&#xD800;", b"<!---->", b"<?a?>"),
    *(b"\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\x1b", b"\xc2\x9b", b"\r\n", b"]]>"),
)


def accepted(got: Message | Refusal) -> Message | None:
    return got if isinstance(got, Message) else None


def verdict(got: Message | Refusal) -> Message | tuple[str, str | None]:
    return got if isinstance(got, Message) else (got.code.name, got.re)


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("example", DOCUMENTS, ids=str)
def test_an_example_gets_its_verdict_with_the_full_guard_and_without(example: Example, guarded: bool) -> None:
    assert gets_its_verdict(example, said(example.octets, example.sender, guarded=guarded))


@pytest.mark.parametrize("example", VALID, ids=str)
def test_where_the_sender_is_not_known_the_documents_of_either_are_read(example: Example) -> None:
    assert decode(example.octets) == decode(example.octets, example.sender)


@pytest.mark.parametrize("code", DOCUMENT_CODES)
def test_every_code_of_a_document_or_stream_has_an_example(code: str) -> None:
    assert code in {example.code for example in EXAMPLES} | {case.code for case in CASES}


@pytest.mark.parametrize("element", MESSAGES)
@pytest.mark.parametrize("sender", Side)
def test_every_document_has_an_example_from_whoever_may_send_it(element: str, sender: Side) -> None:
    senders = {example.sender for example in VALID if example.element == element}
    assert (sender in senders) == (sender in MESSAGES[element].senders)


@given(MESSAGES_OF_ALL_KINDS)
def test_what_is_encoded_is_decoded_as_the_same_on_one_line(message: Message) -> None:
    document = encode(message)
    assert b"\n" not in document
    for sender in message.senders:
        assert decode(document, sender) == message
        assert decode(document, sender, guarded=False) == message


@pytest.mark.parametrize("text", AWKWARD)
def test_an_awkward_text_arrives_as_it_was(text: str) -> None:
    for said_text in (text, text * 3, f"a{text}b", f" {text} "):
        assert decode(encode(Pm(id="1", text=said_text))) == Pm(id="1", text=said_text)


@given(st.lists(st.sampled_from(DOCUMENTS), min_size=1, max_size=2), st.data())
def test_a_broken_document_is_refused_or_read_and_nothing_else_happens(
    files: list[Example], data: st.DataObject
) -> None:
    octets = b"".join(file.octets for file in files)
    start = data.draw(st.integers(0, len(octets)))
    end = data.draw(st.integers(start, min(start + 8, len(octets))))
    mutant = octets[:start] + data.draw(st.sampled_from(PIECES)) + octets[end:]
    for sender in (*Side, None):
        strictly, quickly = (said(mutant, sender, guarded=guarded) for guarded in (True, False))
        assert isinstance(strictly, Message) or len(strictly.sentence) < 400
        # Not the code: of a name that only the fifth edition of XML allows, expat says that it is none.
        assert accepted(strictly) == accepted(quickly)


@pytest.mark.parametrize("oddity", ODDITIES)
def test_one_that_looks_plain_and_is_not_gets_the_same_verdict(oddity: bytes) -> None:
    """What is put in stands where XML has room for it: before a tag ends, and between tags."""
    for file in VALID:
        for found in re.finditer(rb"[/]?>|(?<=>)<", file.octets):
            mutant = file.octets[: found.start()] + oddity + file.octets[found.start() :]
            strictly, quickly = (said(mutant, file.sender, guarded=guarded) for guarded in (True, False))
            assert verdict(strictly) == verdict(quickly)


@given(st.binary(max_size=200))
@with_example(b"\0")
def test_any_octets_are_refused_or_read(octets: bytes) -> None:
    assert isinstance(said(octets), Refusal)


#: Each document has two faults; the first in the fixed order is the one that is named.
TWO_FAULTS = [
    (b"\xef\xbb\xbf\xff", "byte-order-mark"),
    (b'<?xml version="1.1"?>\xff', "not-utf8"),
    (b'<?xml version="1.1" encoding="latin1"?><!DOCTYPE a><a/>', "xml-version"),
    (b'<?xml version="1.0" encoding="latin1"?><!DOCTYPE a><a/>', "encoding"),
    (b"<!DOCTYPE a><a>", "doctype"),
    (b"<!-- --><a>", "not-well-formed"),
    (b"<a><!-- --></a>", "comment"),
    (b"<a>" * 17 + b"</a>" * 17, "too-deep"),
    (f"<nothing xmlns='{NAMESPACE}x'/>".encode(), "wrong-namespace"),
    (f"<nothing xmlns='{NAMESPACE}'><a/></nothing>".encode(), "unknown-element"),
    (f"<ok xmlns='{NAMESPACE}'/>".encode(), "wrong-direction"),
]


@pytest.mark.parametrize(("document", "code"), TWO_FAULTS)
def test_of_two_faults_the_first_in_order_is_named(document: bytes, code: str) -> None:
    refused = said(document, Side.CLIENT)
    assert isinstance(refused, Refusal)
    assert refused.code.name == code


def test_too_large_comes_before_everything() -> None:
    refused = said(b"\xff" * (MAX_DOCUMENT + 1), Side.CLIENT)
    assert isinstance(refused, Refusal)
    assert refused.code.name == "too-large"


@pytest.mark.parametrize(
    ("document", "re"),
    [
        (PM.format("<b/>"), "1"),
        (PM.format("<!-- -->"), "1"),
        (PM.replace(NAMESPACE, "urn:x"), "1"),
        (PM.replace('"1"', '"a b"'), None),
        (PM.replace('"1"', '""'), None),
        (PM.replace("id", "x"), None),
        (PM.format("<b>"), None),
        (f"<!DOCTYPE pm>{PM}", None),
    ],
)
def test_a_refusal_names_the_command_where_its_id_can_be_read(document: str, re: str | None) -> None:
    refused = said(document.encode(), Side.CLIENT)
    assert isinstance(refused, Refusal)
    assert refused.re == re


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (PM.format("a\r\nb\rc\nd"), "a\nb\nc\nd"),
        (PM.format("a&#13;&#10;b"), "a\r\nb"),
        (PM.format("<![CDATA[<b>&amp;]]>&lt;"), "<b>&amp;<"),
        (PM.format(" \t "), " \t "),
        (PM.format(""), ""),
    ],
)
def test_a_text_says_what_xml_says_it_says(document: str, text: str) -> None:
    assert decode(document.encode()) == Pm(id="1", text=text)


@pytest.mark.parametrize(
    "message",
    [
        Pm(id="1", text="\0"),
        Pm(id="1", text="\x1b[31m"),
        Pm(id="1", text="\ud800"),
        Pm(id="1", text="\ufffe"),
        Pm(id="1", text="x" * 16_385),
        Pm(id="1", text="&" * 16_384),
        Pm(id="", text=""),
        Pm(id="1", text="", room="Lobby"),
        Dm(id="1", to='a" from="b', text=""),
        Login(id="1", name="anna", password=""),
        Ok(re="1", seq=-1),
        Ok(re="1", seq=10**18),
        Ok(re="1", time="now"),
        Greeting(server="a", version="1", time="2026-01-31T23:59:59.000Z"),
        Users(room="a", users=User.named("anna", "")),
        Login(id="1", name="anna", client="my laptop"),
        Login(id="1", name="anna", since=-1),
        Login(id="1", name="anna", rooms=("tea", "Tea")),
        History(id="1", limit=-1),
        Page(re="1", more=False, broadcasts=(Broadcast(seq=1, room="a", sender="b", time="now", text=""),)),
    ],
    ids=lambda message: repr(message)[:40],
)
def test_what_the_schema_does_not_allow_is_not_sent(message: Message) -> None:
    with pytest.raises(Unsendable):
        encode(message)


@pytest.mark.parametrize(
    ("character", "name"), [("\x00", "U+0000"), ("\x1b", "U+001B"), ("\ud800", "U+D800"), ("\ufffe", "U+FFFE")]
)
def test_a_character_that_xml_does_not_have_is_named(character: str, name: str) -> None:
    with pytest.raises(Unsendable, match=re.escape(name)):
        encode(Pm(id="1", text=f"one{character}two"))


def test_a_document_of_a_server_may_be_larger_than_one_of_a_client() -> None:
    many = Users(room="lobby", users=User.named("a" * 32) * 20_000)
    document = encode(many)
    assert MAX_DOCUMENT < len(document) <= MAX_SERVER_DOCUMENT
    assert decode(document, Side.SERVER) == many
    with pytest.raises(Unsendable):
        encode(Users(room="lobby", users=User.named("a" * 32) * 25_000))


def test_a_page_of_texts_as_long_as_can_be_has_to_be_cut() -> None:
    def page(count: int) -> Page:
        time, text = "2026-01-31T23:59:59.000Z", "&" * MAX_TEXT
        return Page(
            re="1",
            more=True,
            broadcasts=tuple(Broadcast(seq=seq, room="a", sender="b", time=time, text=text) for seq in range(count)),
        )

    assert decode(encode(page(50)), Side.SERVER) == page(50)
    with pytest.raises(Unsendable):
        encode(page(100))


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Lets threads take turns as often as they can, so that a mistake between them shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_eight_threads_at_once_never_quote_each_other() -> None:
    together = Barrier(8)

    def quoted_back(thread: int) -> list[str]:
        together.wait()
        found = []
        for number in range(500):
            name = f"T{thread}-{number}"
            users = f'<user name="{name}"/>' * 20
            refused = said(f'<users xmlns="{NAMESPACE}" room="a">{users}</users>'.encode(), Side.SERVER)
            assert isinstance(refused, Refusal)
            found.append(refused.sentence.split("'")[3])
        return found

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(quoted_back, range(8)))
    assert found == [[f"T{thread}-{number}" for number in range(500)] for thread in range(8)]
