from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from schema.codec import encode
from schema.messages import Login, Passwd
from schema.tools.judging.blanking import blanked, suspect

SECRET = "hunter2"


@pytest.mark.parametrize(
    "document",
    [
        "<login name='a'><password>hunter2</password></login>",
        "<c:login xmlns:c='urn:x' name='a'><c:password>hunter2</c:password></c:login>",
        "<login><password><![CDATA[hunter2]]></password></login>",
        "<login><password>x<b>hunter2</b>y</password></login>",
        "<login password='hunter2'/>",
        '<login name="a" pass = "hunter2"><room name="tea"/></login>',
        "<login>hunter2</login>",
        "<login><!-- hunter2 --></login>",
        "<login><?password hunter2?></login>",
        "<login><secret>hunter2</secret></login>",
        "<logon><pw>hunter2</pw></logon>",
        "<passwd id='1'><old>hunter2</old><new>hunter2</new></passwd>",
        "<login><invitation>hunter2</invitation></login>",
        "<LOGIN><PASSWORD>hunter2</PASSWORD></LOGIN>",
        "<login>\n<password>\nhunter2\n</password></login>",
        "<login><ext><my:token xmlns:my='urn:my'>hunter2</my:token></ext></login>",
    ],
)
def test_a_secret_is_nowhere_and_everything_stays_in_its_place(document: str) -> None:
    etree.fromstring(document)
    octets = document.encode()
    found = blanked(octets, well_formed=True)
    assert b"hunter2" not in found
    assert len(found) == len(octets)
    assert [len(line) for line in found.split(b"\n")] == [len(line) for line in octets.split(b"\n")]


@pytest.mark.parametrize(
    "document",
    [
        "<login><password>hunter2",
        "<login password=hunter2>",
        "<login><password>hunter2</pasword></login>",
        "<passwd><old>hun&ter2 hunter2</old>",
        "{'password': 'hunter2'}",
    ],
)
def test_what_nobody_can_read_is_blanked_from_the_first_suspicious_word(document: str) -> None:
    assert b"hunter2" not in blanked(document.encode(), well_formed=False)


@pytest.mark.parametrize(
    "document",
    ["<pm id='1' room='Tea'><text>hello</text></pm>", "<pm id='1'><text>my password is in the post</text></pm>"],
)
def test_what_is_none_is_left_as_it_is(document: str) -> None:
    assert blanked(document.encode(), well_formed=True) == document.encode()


def test_what_is_harmless_in_a_login_stays() -> None:
    octets = b'<login id="1" name="alice" client="laptop"><password>x</password><room name="tea"/></login>'
    assert blanked(octets, well_formed=True) == octets.replace(b">x<", b">*<")


# Nothing that the document says anyway.
passwords = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), min_size=8
)


@given(passwords.map(lambda text: f"§{text}§"))
def test_no_password_is_ever_shown(password: str) -> None:
    for message in (
        Login(id="1", name="alice", password=password, invitation="IN-VI"),
        Passwd(id="1", old=password, new=password),
    ):
        octets = encode(message)
        assert suspect(octets)
        for well_formed in (True, False):
            found = blanked(octets, well_formed=well_formed)
            assert b"\xa7" not in found
            assert b"IN-VI" not in found
