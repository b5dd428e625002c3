from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.capture import MAGIC, BrokenCapture, Kind, Record, read_records, without_password, write_record
from schema.codec import encode
from schema.errors import Refusal
from schema.limits import MAX_SKIPPED_FRAME
from schema.messages import NAMESPACE, Login, Message, Passwd, Ping, Side
from tests.examples import said

TIME = "2026-01-31T23:59:59.000Z"
RECORDS = [
    Record(TIME, 1, Side.SERVER, Kind.DOCUMENT, b'<ping xmlns="urn:xmlchat:1" id="1"/>'),
    Record(TIME, 2, Side.CLIENT, Kind.OCTETS, b""),
    Record(TIME, 10**18 - 1, Side.CLIENT, Kind.OCTETS, b"GET /\n\n\0\xff 1 client octets 5\n"),
]


def read(octets: bytes) -> tuple[list[Record], BrokenCapture | None]:
    """The records of a capture, without their offsets, and what breaks it."""
    records: list[Record] = []
    try:
        records.extend(replace(record, offset=0) for record in read_records(BytesIO(octets)))
    except BrokenCapture as broken:
        return records, broken
    return records, None


def read_one_by_one(octets: bytes) -> list[Record]:
    file = BytesIO(octets)
    assert file.readline() == MAGIC
    return list(read_records(file))


def test_records_are_read_as_they_were_written() -> None:
    assert read(b"".join(map(write_record, RECORDS))) == (RECORDS, None)


def test_a_record_is_a_line_and_its_octets_and_a_line_feed() -> None:
    assert write_record(RECORDS[0]) == f"{TIME} 1 server document 36\n".encode() + RECORDS[0].octets + b"\n"


def test_the_offset_is_where_the_octets_are_in_the_file() -> None:
    octets = MAGIC + b"".join(map(write_record, RECORDS))
    for record in read_one_by_one(octets):
        assert octets[record.offset : record.offset + len(record.octets)] == record.octets


def test_cut_anywhere_a_capture_gives_what_is_whole_and_then_breaks() -> None:
    written = [write_record(record) for record in RECORDS]
    whole = b"".join(written)
    ends = [len(b"".join(written[:n])) for n in range(len(written) + 1)]
    for cut in range(len(whole) + 1):
        records, broken = read(whole[:cut])
        assert records == RECORDS[: len([end for end in ends if 0 < end <= cut])]
        assert (broken is None) == (cut in ends)
        if broken is not None:
            assert broken.offset <= len(MAGIC) + cut


@pytest.mark.parametrize(
    "head",
    [
        b"\n",
        b"anything\n",
        b"T 1 client document -1\n",
        b"T 1 client document +1\n",
        b"T 1 nobody document 1\n",
        b"T 1 client letter 1\n",
        b"T x client document 1\n",
        b"T 1 client document 1 \n",
        b"T 1 client document 9999999999\n",
        f"T 1 client document {MAX_SKIPPED_FRAME + 1}\n".encode(),
        b"T" * 300 + b" 1 client document 1\n",
    ],
)
def test_a_line_that_is_none_of_ours_breaks_the_capture_where_it_stands(head: bytes) -> None:
    first = write_record(RECORDS[0])
    records, broken = read(first + head + b"x\n")
    assert records == RECORDS[:1]
    assert broken is not None
    assert broken.offset == len(MAGIC) + len(first)


def test_the_largest_record_is_read() -> None:
    record = Record(TIME, 1, Side.CLIENT, Kind.OCTETS, b"x" * MAX_SKIPPED_FRAME)
    assert read(write_record(record)) == ([record], None)


#: Ways to write a password into what a client sends before its login, right and wrong.
LOGINS = [
    "<password>{}</password></login>",
    "<password><![CDATA[{}]]></password></login>",
    "<password>{}</password><ext><x:a xmlns:x='urn:x'/></ext></login>",
    "<password>{}</password></login",
    "<pasword>{}</pasword></login>",
    "<Password>{}</Password></login>",
    "<password value='{}'/></login>",
    "<password>{}<b/></password></login>",
    "<password>{}</password><password>{}</password></login>",
    "<!-- {} --></login>",
    "{}</login>",
    "<text>{}</text></login>",
]
PASSWORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEF0123456789"), min_size=12, max_size=40)


def kept(octets: bytes, *, logged_in: bool) -> bytes:
    message = said(octets, Side.CLIENT)
    known = message if isinstance(message, Message) else None
    return without_password(octets, known, logged_in=logged_in)


@given(st.sampled_from(LOGINS), PASSWORDS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16", "cp037"]))
def test_before_the_login_no_password_is_kept_however_it_is_written(form: str, password: str, encoding: str) -> None:
    document = f'<login xmlns="{NAMESPACE}" id="1" name="anna">' + form.replace("{}", password)
    assert password.encode(encoding).removeprefix(b"\xef\xbb\xbf") not in kept(
        document.encode(encoding), logged_in=False
    )


@pytest.mark.parametrize(
    "form", ['<login xmlns="{}" id="1" name="anna" password="{}"/>', "<login{}>{}", "GET /?{}={}", "{}{}"]
)
def test_nor_in_an_attribute_nor_in_a_strangers_request(form: str) -> None:
    assert b"correcthorse" not in kept(form.format(NAMESPACE, "correcthorse").encode(), logged_in=False)


@given(st.sampled_from(LOGINS[:4] + LOGINS[5:9]), PASSWORDS, st.sampled_from(["utf-8", "utf-16-le", "utf-16"]))
def test_after_the_login_nothing_is_kept_that_follows_the_word(form: str, password: str, encoding: str) -> None:
    document = f'<login xmlns="{NAMESPACE}" id="2" name="anna">' + form.replace("{}", password)
    assert password.encode(encoding) not in kept(document.encode(encoding), logged_in=True)


def test_of_a_login_all_but_the_secrets_is_kept() -> None:
    login = Login(id="1", name="anna", minor=0, password="geheim", invitation="K7QF")
    blanked = kept(encode(login), logged_in=False)
    assert said(blanked) == replace(login, password="********", invitation="--------")


def test_of_a_new_password_nothing_is_kept() -> None:
    blanked = kept(encode(Passwd(id="1", old="geheim", new="geheimer")), logged_in=True)
    assert said(blanked) == Passwd(id="1", old="********", new="********")


@pytest.mark.parametrize("message", [Login(id="1", name="anna"), Ping(id="passport")])
@pytest.mark.parametrize("logged_in", [True, False])
def test_what_holds_no_password_is_kept_as_it_is(message: Message, logged_in: bool) -> None:
    assert kept(encode(message), logged_in=logged_in) == encode(message)


@pytest.mark.parametrize("octets", [b"<pm>", b"<password>x", b"GET / HTTP/1.1\r\n", b""])
def test_the_length_of_what_was_refused_is_always_kept(octets: bytes) -> None:
    assert isinstance(said(octets, Side.CLIENT), Refusal)
    assert kept(octets, logged_in=False) == b"*" * len(octets)
    assert len(kept(octets, logged_in=True)) == len(octets)


def test_after_the_login_a_refused_document_is_kept_to_be_looked_at() -> None:
    assert kept(b"<pm>oops", logged_in=True) == b"<pm>oops"


@pytest.mark.parametrize(
    "document",
    [
        '<passwd xmlns="{ns}" id="1"><old>{secret}</old></passwd>',
        '<change xmlns="{ns}" id="1"><old>{secret}</old></change>',
        '<c:change xmlns:c="{ns}" id="1"><c:new>{secret}</c:new></c:change>',
        '<change xmlns="{ns}" id="1" new = "{secret}"/>',
        '<register xmlns="{ns}" id="1"><invitation>{secret}</invitation></register>',
    ],
)
def test_a_new_password_that_was_misspelt_is_not_kept(document: str) -> None:
    said = document.format(ns=NAMESPACE, secret="hunter2").encode()
    assert b"hunter2" not in kept(said, logged_in=True)
    assert len(kept(said, logged_in=True)) == len(said)
