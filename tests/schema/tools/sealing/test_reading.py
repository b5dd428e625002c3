from __future__ import annotations

import io
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from schema.tools.sealing import reading
from schema.tools.sealing.chain import NAMESPACE
from schema.tools.sealing.keys import Signer
from schema.tools.sealing.proof import Proof
from schema.tools.sealing.reading import Broken, Entry, Hash, HeadPart, Part, Signature, read_parts
from tests.conftest import ROOT
from tests.hostile.checklist import CASES
from tests.schema.tools.sealing.made import TALK, canonical_form, head_of, made_of, said

#: Seconds of this thread's own time for a document of a server's size, which is a megabyte.
QUICK = 2.0

MADE = made_of()
DECLARATION, _, REST = MADE.partition(b"\n")
HEAD = MADE[MADE.index(b"<head") : MADE.index(b"test</origin>")]
MANY = b"".join(b'a%d="" ' % n for n in range(40))
PING = b'<ping xmlns="urn:xmlchat:1" id="1"/>'
XSI = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def parts_of(transcript: bytes) -> list[Part]:
    return list(read_parts(io.BytesIO(transcript)))


def broken(transcript: bytes) -> Broken:
    with pytest.raises(Broken) as caught:
        parts_of(transcript)
    return caught.value


def test_parts_come_in_order_with_their_lines(signer: Signer) -> None:
    head, start, *entries, end, signature = parts_of(made_of(TALK, signer))
    assert isinstance(head, HeadPart)
    assert head.head.count == head_of(TALK).count
    assert isinstance(start, Hash)
    assert [(one.place, one.n, one.message, one.octets, one.line) for one in entries if isinstance(one, Entry)] == [
        (n, n, message, canonical_form(message), 4 + n) for n, message in enumerate(TALK, 1)
    ]
    assert isinstance(end, Hash)
    assert isinstance(signature, Signature)
    assert (head.line, start.line, end.line, signature.line) == (3, 4, 11, 12)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_it_does_not_matter_how_it_is_cut_into_pieces(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PIECE", size)
    assert parts_of(MADE) == parts_of(MADE.replace(b"\n<entry", b"<entry").replace(b"<entry", b"\n<entry"))
    assert len(parts_of(MADE)) == len(TALK) + 3


@pytest.mark.parametrize(
    "written",
    [
        MADE.replace(b">\n<", b"><"),
        MADE.replace(b">\n<", b">\r\n\t <"),
        MADE.replace(b"<text>M", b"<text>&#x4d;").replace(b"<text>N", b"<text><![CDATA[N]]>"),
        MADE.replace(b'xmlns="urn:xmlchat:transcript:1"', b'xmlns="urn:xmlchat:transcript:1" xmlns:x="urn:x"'),
        REST,
        MADE.rstrip(),
        DECLARATION + b"\n" * 1000 + REST,
        MADE.replace(b"\n", b""),
    ],
)
def test_what_means_the_same_is_read_the_same(written: bytes) -> None:
    assert [part for part in parts_of(written) if isinstance(part, Entry)] != []
    octets = [part.octets for part in parts_of(written) if isinstance(part, Entry | HeadPart)]
    assert octets == [part.octets for part in parts_of(MADE) if isinstance(part, Entry | HeadPart)]


LAUGHS = b'<!DOCTYPE transcript [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("transcript", "words"),
    [
        (b"", "cut off"),
        (b"hello", "not well-formed"),
        (b"\n" * 1_000_000 + REST, "This is no transcript"),
        (b"<pm xmlns='urn:xmlchat:1'/>", "This is no transcript"),
        (b"<transcript/>", "This is no transcript"),
        (DECLARATION + LAUGHS + REST.replace(b"Message", b"&b;"), "Document type"),
        (DECLARATION + b'<!DOCTYPE transcript SYSTEM "http://192.0.2.1/x.dtd">' + REST, "Document type"),
        (DECLARATION + b"<!-- x -->" + REST, "Comments and processing instructions"),
        (MADE.replace(b"<entry", b"<!-- x --><entry", 1), "Comments and processing instructions"),
        (MADE.replace(b"<text>", b"<text><?x y?>", 1), "Comments and processing instructions"),
        (MADE + b"<!-- x -->", "Comments and processing instructions"),
        (MADE.replace(b"<entry", b"<entry " + XSI + b' xsi:type="Hashed"', 1), "not allowed"),
        (
            MADE.replace(b"<transcript", b"<transcript " + XSI + b' xsi:schemaLocation="a b"'),
            "xsi|no attribute",
        ),
        (
            MADE.replace(b"<origin", b"<origin " + XSI + b' xsi:schemaLocation="a b"'),
            "xsi|no attribute",
        ),
        (MADE.replace(b"Message", b"Mess\xffage", 1), "not UTF-8|not well-formed"),
        (b"\xef\xbb\xbf" + MADE, "byte order mark"),
        (MADE.decode().encode("utf-16"), "byte order mark|UTF-16"),
        (MADE.replace(b"UTF-8", b"ISO-8859-1"), "ISO-8859-1"),
        (MADE.replace(b'"1.0"', b'"1.1"'), "XML '1.1'"),
        (MADE.replace(b"Message", b"&file;", 1), "not well-formed"),
        (MADE.replace(b"<entry n", b"<entry m", 1), "not valid against transcript.xsd"),
        (MADE.replace(b"</entry>", b"x</entry>", 1), "not valid against transcript.xsd"),
        (MADE.replace(b"broadcast", b"notice"), "'notice' has no attribute 'room'"),
        (
            re.sub(rb"<broadcast.*?</broadcast>", b'<ping xmlns="urn:xmlchat:1" id="1"/>', MADE, count=1),
            "no message that",
        ),
        (MADE.replace(b"<text>", b'<text xmlns:x="relative" x:y="">', 1), "no absolute URI"),
        (MADE.replace(b'room="lobby"', b'room="Lobby"', 1), "'room' is 'Lobby'|not valid"),
        (MADE.replace(b"</transcript>", b"<end/></transcript>"), "not valid against transcript.xsd"),
        (
            MADE.replace(b"<entry ", b"<entry " + b" ".join(b'a%d=""' % n for n in range(40)) + b" ", 1),
            "40 attributes|42",
        ),
        (MADE.replace(b"<origin>", b"<origin>" + b"<a/>" * 30_000), "holds something else"),
        (MADE.replace(b"</entry>", b"<a/>" * 30_000 + b"</entry>", 1), "holds something else"),
        (MADE.replace(b"</text>", b"</text>" + b"<a/>" * 30_000, 1), "25,000 elements"),
        (MADE.replace(b"<end ", b"text<end "), "There is text between the parts: 'text'"),
        (MADE.replace(b"<entry", b"<x/><entry", 1), "Expected here is entry or end, and not 'x'"),
        (MADE.replace(b"</transcript>", b"<entry/></transcript>"), "Expected here is signature or the end"),
        (MADE[: MADE.index(b"<end ")] + b"</transcript>", "Expected here is entry or end, and not the end"),
        (MADE.replace(b' n="1"', b' n="1 "'), "'n' is '1 '"),
        (MADE.replace(b' n="1"', b' n="01"'), "'n' is '01'"),
        (MADE + MADE, "not well-formed"),
        (MADE[:-5], "cut off"),
    ],
)
def test_what_is_no_transcript_is_refused_in_words(transcript: bytes, words: str) -> None:
    with pytest.raises(Broken, match=words):
        parts_of(transcript)


def test_a_fault_has_its_line_and_the_entries_before_it() -> None:
    fault = broken(MADE.replace(b'n="4"', b'n="four"'))
    assert (fault.line, fault.entries) == (8, 3)
    fault = broken(MADE.replace(b'room="lobby" seq="9"', b'room="" seq="9"'))
    assert (fault.line, fault.entries) == (8, 3)


def test_an_entity_of_a_file_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    declared = f'<!DOCTYPE transcript [<!ENTITY x SYSTEM "{secret}">]>'.encode()
    assert "hidden" not in str(broken(DECLARATION + declared + REST.replace(b"Message", b"&x;")))


@pytest.mark.parametrize(
    ("start", "endless"),
    [
        (b"", b" "),
        (b"", b"<a>"),
        (HEAD, b"x"),
        (HEAD.replace(b"<origin>", b'<origin a="'), b"x"),
        (HEAD, b"<a/>"),
        (HEAD[: HEAD.index(b"<origin>")], b"\n"),
        (HEAD + b"</origin></head>" + MADE[MADE.index(b"<start") : MADE.index(b"<text>")] + b"<text>", b"xy "),
        (MADE.partition(NAMESPACE.encode() + b'">')[2].removesuffix(b"</transcript>\n"), b"\t"),
    ],
)
def test_a_part_that_does_not_end_is_not_kept(start: bytes, endless: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MAX_PART", 200_000)

    class Endless(io.RawIOBase):
        pieces = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            self.pieces += 1
            assert self.pieces < 10
            assert size is not None
            begun = f'<transcript xmlns="{NAMESPACE}">'.encode() + start if self.pieces == 1 else b""
            return begun + endless * (size // len(endless))

    with pytest.raises(Broken):
        list(read_parts(Endless()))  # type: ignore[arg-type]


def test_entries_leave_nothing_behind() -> None:
    """In the tree, which would grow to the whole transcript."""
    reader = reading._Reader(io.BytesIO(made_of(tuple(said(n) for n in range(1, 500)))))
    sizes = [len(reader._root) for _ in reader.parts() if reader._root is not None]
    assert len(sizes) == 502
    assert max(sizes) <= 2


def test_messages_with_ever_new_names_do_not_take_the_names_from_the_reader() -> None:
    """In a process of its own, which once crashed."""
    names = b"".join(b"<a%d:x xmlns:a%d='urn:%d'/>" % (n, n, n) for n in range(2000))
    many = MADE.replace(b"</text>", b'</text><ext><m xmlns="urn:m">' + names + b"</m></ext>")
    program = (
        "import sys; from schema.tools.sealing.reading import read_parts;"
        "print(sum(1 for _ in read_parts(sys.stdin.buffer)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, input=many, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"9\n"), done.stderr


@pytest.mark.heavy
@pytest.mark.parametrize("inside", [True, False])
def test_each_hostile_document_is_refused_in_little_time(inside: bool) -> None:
    """In place of a message, and in place of the transcript."""
    end = b"</broadcast>"
    before, after = MADE[: MADE.index(b"<broadcast")], MADE[MADE.index(end) + len(end) :]
    for case in CASES:
        octets = case.octets()
        began = time.thread_time()
        assert list(Proof().flaws(read_parts(io.BytesIO(before + octets + after if inside else octets))))
        assert time.thread_time() - began < QUICK, case
