from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from schema.tools.sealing.chain import canonical
from schema.tools.sealing.keys import Signer, make_key, read_private_key
from schema.tools.sealing.selection import Selection
from tests.schema.tools.sealing.made import (
    TALK,
    canonical_form,
    entries_of,
    flaws_of,
    forged,
    head_of,
    made_of,
    numbered,
    said,
    told,
    with_entries,
)

MADE = made_of()
ONE, TWO, THREE, FOUR, FIVE, SIX = ENTRIES = entries_of(MADE)
#: What somebody puts in: with a number and a hash of its own making.
NEW = b'<entry n="3" sha256="%s">%s</entry>\n' % (b"ab" * 32, canonical_form(said(6, "never said")))
ZERO = b"0" * 64


def changed(entry: bytes) -> bytes:
    return entry.replace(b"Message", b"Massage")


def rehashed(entry: bytes) -> bytes:
    return re.sub(rb'sha256="\w+"', b'sha256="%s"' % ZERO, entry)


@pytest.mark.parametrize(
    ("entries", "flaws"),
    [
        (ENTRIES, []),
        ([ONE, changed(TWO), THREE, FOUR, FIVE, SIX], [(2, 5, "The message of this entry was changed")]),
        ([changed(ONE), *ENTRIES[1:]], [(1, 3, "The message of this entry was changed")]),
        ([*ENTRIES[:5], changed(SIX)], [(6, 13, "The message of this entry was changed")]),
        (
            [ONE, rehashed(TWO), THREE, FOUR, FIVE, SIX],
            [(2, 5, "The hash of this entry was changed; its message was not")],
        ),
        ([*ENTRIES[:5], rehashed(SIX)], [(6, 13, "The hash of this entry was changed; its message was not")]),
        ([ONE, rehashed(changed(TWO)), *ENTRIES[2:]], [(2, 5, "message of this entry was"), (3, 7, "was changed")]),
        ([ONE, TWO, FOUR, FIVE, SIX], [(3, 9, "Entry 3 is missing before this one")]),
        ([ONE, FIVE, SIX], [(2, 11, "Entries 2 to 4 are missing before this one")]),
        (ENTRIES[1:], [(1, 5, "Entry 1 is missing before this one")]),
        (ENTRIES[:5], [(None, None, "The last entry is missing")]),
        (ENTRIES[:2], [(None, None, "The last 4 entries are missing")]),
        ([], [(None, None, "The last 6 entries are missing")]),
        ([ONE, THREE, TWO, FOUR, FIVE, SIX], [(2, 7, "This entry and the next were swapped")]),
        ([TWO, ONE, THREE, FOUR, SIX, FIVE], [(1, 5, "swapped"), (5, 13, "swapped")]),
        ([ONE, TWO, NEW, THREE, FOUR, FIVE, SIX], [(3, 6, "This entry was added")]),
        ([NEW, *ENTRIES], [(1, 6, "This entry was added")]),
        ([*ENTRIES, NEW], [(7, 6, "This entry was added")]),
        ([ONE, TWO, TWO, *ENTRIES[2:]], [(3, 5, "This entry was added")]),
        (
            numbered([ONE, TWO, NEW, THREE, FOUR, FIVE, SIX]),
            [
                (3, 6, "This entry was added"),
                *[(n, 2 * n - 1, "The number of this entry was changed") for n in (4, 5, 6, 7)],
            ],
        ),
        (
            numbered([ONE, TWO, FOUR, FIVE, SIX]),
            [
                (3, 9, "The message of this entry was changed"),
                (None, None, "The head says that there are 6 entries, and there are 5"),
            ],
        ),
        (
            [ONE, TWO.replace(b'n="2"', b'n="9"'), *ENTRIES[2:]],
            [(2, 5, "The number of this entry was changed: it is 9 in place of 2")],
        ),
        ([ONE, THREE, FOUR, FIVE, TWO, SIX], [(2, 7, "Entry 2 is missing"), (5, 5, "added")]),
    ],
)
def test_each_change_is_told_apart_and_has_its_place(
    entries: list[bytes], flaws: list[tuple[int | None, int | None, str]]
) -> None:
    found = flaws_of(with_entries(MADE, entries))
    assert [(flaw.entry, flaw.seq) for flaw in found] == [flaw[:2] for flaw in flaws]
    assert all(words in flaw.sentence for flaw, (_, _, words) in zip(found, flaws, strict=True))
    assert all(flaw.line == 4 + flaw.entry for flaw in found if flaw.entry is not None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda made: made.replace(b"<origin>test", b"<origin>tent"), "The head was changed"),
        (lambda made: made.replace(b'count="6"', b'count="5"'), "The head was changed"),
        (
            lambda made: re.sub(rb'<start sha256="\w+"', b'<start sha256="%s"' % ZERO, made),
            "The hash in start was changed",
        ),
        (
            lambda made: re.sub(rb'<end sha256="\w+"', b'<end sha256="%s"' % ZERO, made),
            "The hash at the end was changed",
        ),
    ],
)
def test_a_change_of_what_is_around_the_entries_is_told(change: Callable[[bytes], bytes], words: str) -> None:
    assert words in flaws_of(change(MADE))[0].sentence


@pytest.mark.parametrize("cut", [MADE.index(SIX) + 20, MADE.index(b"<end"), len(MADE) - 8])
def test_a_cut_off_end_says_how_far_it_goes(cut: int) -> None:
    (flaw,) = flaws_of(MADE[:cut])
    assert "The transcript is cut off" in flaw.sentence
    assert f"Before it stand {5 if cut < MADE.index(SIX) + 30 else 6} entries" in flaw.sentence


def test_a_change_before_a_cut_is_told_too() -> None:
    made = MADE[: MADE.index(b"<end")].replace(b"number 6", b"number 7")
    assert [flaw.entry for flaw in flaws_of(made)] == [6, None]


@pytest.mark.parametrize(
    "entries", [[changed(ONE), *ENTRIES[1:]], ENTRIES[:5], [*ENTRIES[:5], SIX.replace(b'seq="13"', b'seq="99"')]]
)
def test_without_a_signature_hashes_can_be_made_anew(entries: list[bytes]) -> None:
    """Which is why verify says so: of these the first is not found at all."""
    found = flaws_of(forged(with_entries(MADE, entries)))
    assert bool(found) is (entries[0] == ONE)


@pytest.mark.parametrize(
    ("selection", "message", "words"),
    [
        (Selection(room="tea"), said(15), "by the head this message is not part of it"),
        (Selection(), told(15, "bob"), "by the head this message is not part of it"),
        (Selection(user="carol", direct=True), told(15, "bob"), "by the head this message is not part of it"),
        (Selection(direct=True), said(1), "comes behind"),
    ],
)
def test_what_does_not_fit_the_head_is_told_though_the_hashes_fit(
    selection: Selection, message: object, words: str
) -> None:
    before = said(14, room="tea")
    assert isinstance(message, type(before) | type(told(1, "b")))
    found = flaws_of(made_of((before, message), head=head_of((before, message), selection)))
    assert any(words in flaw.sentence for flaw in found)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    path: Path = tmp_path_factory.mktemp("other") / "other.pem"
    make_key(path)
    return read_private_key(path)


def test_a_signature(signer: Signer, other: Signer) -> None:
    signed = made_of(TALK, signer)
    unsigned = re.sub(rb"<signature>.*</signature>\n", b"", signed)
    cases: list[tuple[bytes, str | None, list[str]]] = [
        (signed, None, []),
        (signed, signer.public, []),
        (signed, other.public, ["It is signed with another key"]),
        (made_of(TALK, other), signer.public, ["It is signed with another key"]),
        (unsigned, None, ["The signature is missing"]),
        (unsigned, signer.public, ["The signature is missing"]),
        (MADE, signer.public, ["It is not signed"]),
        (
            MADE.replace(b"</transcript>", b"<signature>" + b"00" * 64 + b"</signature></transcript>"),
            None,
            ["does not name a key"],
        ),
        (re.sub(rb"<signature>..", b"<signature>00", signed), signer.public, ["The signature is not one of this head"]),
        (forged(signed.replace(b"number 4", b"number 5")), signer.public, ["The signature is not one of this head"]),
        (forged(signed.replace(b">test<", b">tent<")), None, ["The signature is not one of this head"]),
        (
            forged(signed.replace(signer.public.encode(), other.public.encode())),
            signer.public,
            ["It is signed with another key", "The signature is not one of this head"],
        ),
    ]
    for transcript, key, words in cases:
        found = flaws_of(transcript, key)
        assert len(found) == len(words), found
        assert all(word in flaw.sentence for word, flaw in zip(words, found, strict=True))


def meaning_of(transcript: bytes) -> bytes | None:
    """Canonical, without the space between the parts; None where it is no XML."""
    try:
        root = etree.fromstring(transcript, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None
    for node in (root, *root):
        inside = [node.text, *(child.tail for child in node)] if node is root or node.tag.endswith("}entry") else []
        if not any(text and text.strip(" \t\r\n") for text in inside) and inside:
            node.text = None
            for child in node:
                child.tail = None
    return canonical(root)


@st.composite
def one_octet_changed(draw: st.DrawFn, original: bytes) -> bytes:
    at = draw(st.integers(0, len(original) - 1))
    way = draw(st.sampled_from(("replace", "insert", "delete")))
    octet = (
        b""
        if way == "delete"
        else bytes([draw(st.sampled_from(b" \n\t<>\"'&;=/azAZ09._-:x\x00\xff") | st.integers(0, 255))])
    )
    return original[:at] + octet + original[at + (way != "insert") :]


SMALL = made_of((said(1, "a <b> & \r\n\t c"), told(2, "bob", 'x "y"')))
#: One line each, so that a change is made everywhere sooner.
LINES = SMALL.splitlines(keepends=True)


@given(st.data())
def test_every_change_of_an_octet_is_found_or_means_nothing(data: st.DataObject) -> None:
    line = data.draw(st.integers(0, len(LINES) - 1))
    transcript = b"".join((*LINES[:line], data.draw(one_octet_changed(LINES[line])), *LINES[line + 1 :]))
    if not flaws_of(transcript):
        assert meaning_of(transcript) == meaning_of(SMALL)


@example(SMALL.replace(b">\n<entry", b">\r\n <entry"))
@example(SMALL.replace(b'<entry n="1" ', b"<entry  n='1'\t"))
@given(st.just(SMALL))
def test_a_change_that_means_nothing_is_none(transcript: bytes) -> None:
    assert flaws_of(transcript) == []
