from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from schema.messages import Error, History, Login, Message, Passwd, Pm, Side
from schema.tools.replaying.script import Said
from schema.tools.replaying.stand_ins import Numbers, Passwords, for_refused, read_passwords

BLANK = "********"
LOGIN = Login(id="1", name="anna", password=BLANK)
CHANGE = Passwd(id="1", old=BLANK, new=BLANK)


def said(message: Message | None, code: str | None = None) -> Said:
    answer = None
    if code is not None:
        answer = Said(1, 2, 1, Side.SERVER, b"", Error(code=code, action="modify", text=""))
    return Said(0, 1, 1, Side.CLIENT, b"", message, "1", answer)


def password(filled: Message | None) -> str | None:
    assert isinstance(filled, Login)
    return filled.password


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        (None, "replayed-anna"),
        ("throttled", "replayed-anna"),
        ("wrong-password", "not the password"),
        ("too-many-attempts", "not the password"),
        ("bad-password", "x"),
    ],
)
def test_a_blanked_password_is_invented_so_that_it_gets_the_same_answer(code: str | None, sent: str) -> None:
    assert password(Passwords().fill(said(LOGIN, code), "anna")) == sent


def test_one_that_is_not_blanked_is_sent_as_it_is() -> None:
    passwords = Passwords({"anna": "given"})
    for message in (replace(LOGIN, password="in clear"), replace(LOGIN, password=None), Pm(id="1", text=BLANK)):
        assert passwords.fill(said(message), "anna") == message
    assert passwords.invented == set()


def test_given_ones_go_before_invented_ones() -> None:
    passwords = Passwords({"anna": "given"})
    assert password(passwords.fill(said(LOGIN), "anna")) == "given"
    assert password(passwords.fill(said(replace(LOGIN, name="bob")), "bob")) == "replayed-bob"
    assert passwords.invented == {"bob"}
    assert password(Passwords(for_all="all").fill(said(LOGIN), "anna")) == "all"


@pytest.mark.parametrize(
    ("code", "old", "new"),
    [
        (None, "given", "given+"),
        ("wrong-password", "not the password", "given+"),
        ("bad-password", "given", "x"),
    ],
)
def test_a_change_of_password_is_made_as_it_was(code: str | None, old: str, new: str) -> None:
    assert Passwords({"anna": "given"}).fill(said(CHANGE, code), "anna") == Passwd(id="1", old=old, new=new)


def test_after_a_change_the_new_one_is_sent() -> None:
    passwords = Passwords()
    passwords.changed("anna", "changed")
    assert password(passwords.fill(said(LOGIN), "anna")) == "changed"


@pytest.mark.parametrize(
    ("text", "name", "sent"),
    [
        ("anna:one:two\n\nbob:x\n", "anna", "one:two"),
        ("everybody's\n", "zoe", "everybody's"),
        ("", "bo", "replayed-bo"),
    ],
)
def test_passwords_are_read_from_a_file(text: str, name: str, sent: str, tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_text(text)
    assert password(read_passwords(file).fill(said(replace(LOGIN, name=name)), name)) == sent


@pytest.mark.parametrize("octets", [b"anna:one\nbob\n", b":x\n", b"anna:\n", b"\xff:x"])
def test_a_file_that_is_none_of_passwords_is_refused_and_not_quoted(octets: bytes, tmp_path: Path) -> None:
    file = tmp_path / "passwords"
    file.write_bytes(octets)
    with pytest.raises(ValueError, match=rf"{file}(, line \d is not NAME:PASSWORD| is not UTF-8)$"):
        read_passwords(file)


@pytest.mark.parametrize(("captured", "ours"), [(None, None), (0, 0), (3, 3), (10, 1), (12, 3), (20, 4), (99, 83)])
def test_a_number_of_the_capture_stands_for_one_of_this_server(captured: int | None, ours: int | None) -> None:
    numbers = Numbers()
    for pair in ((20, 4), (10, 1), (10, 7), (None, 1), (11, None)):
        numbers.learn(*pair)
    login = replace(LOGIN, since=captured, place=captured)
    assert numbers.translate(login) == replace(LOGIN, since=ours, place=ours)
    assert numbers.translate(History(id="1", before=captured)) == History(id="1", before=ours)
    assert numbers.translate(Pm(id="1", text="")) == Pm(id="1", text="")


@pytest.mark.parametrize(
    ("code", "octets"),
    [("not-a-frame", b"****"), ("not-well-formed", b"\0\0\0\x08****"), ("invalid", None), (None, None)],
)
def test_what_is_not_in_the_capture_is_stood_in_for_where_that_gets_the_same_answer(
    code: str | None, octets: bytes | None
) -> None:
    assert for_refused(said(None, code)) == octets
