from __future__ import annotations

import pytest

from schema.capture import Kind
from schema.codec import decode
from schema.framing import frame
from schema.messages import Login, Side
from schema.tools.tapping.backlog import Missed, Unserved
from schema.tools.tapping.witness import Left, Witness
from tests.schema.tools.tapping.conftest import TIME, See, closed, on_the_wire, opened, raw, rules, seen
from tests.schema.tools.traffic import GREETING, LOGIN, Said, chat, document, talk
from tests.test_secrets import LOGINS, MARK, PASSWDS

CLIENT, SERVER = Side.CLIENT, Side.SERVER
FIRST = talk(GREETING + LOGIN)


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_conversation_comes_out_document_by_document_however_it_is_cut(size: int, see: See, witness: Witness) -> None:
    shown = see([*on_the_wire(chat(), size=size), closed()])
    assert [(one.where.stream.sender, one.octets) for one in seen(shown)] == chat()
    assert [one.where.frame for one in seen(shown)] == list(range(1, len(chat()) + 1))
    assert rules(shown) == []
    assert isinstance(shown[-1], Left)
    assert witness.said == {CLIENT: 5, SERVER: 9}


@pytest.mark.parametrize(
    ("sender", "octets", "found"),
    [
        (CLIENT, frame(document('<pm id="2" room="Tea"><text/></pm>')), ["wrong-value"]),
        (CLIENT, frame(document('<pm id="2"><!-- --><text/></pm>')), ["comment"]),
        (CLIENT, frame(b"\xff"), ["not-utf8"]),
        (CLIENT, frame(b"<pm"), ["not-well-formed"]),
        (CLIENT, frame(b"x" * 70_000), ["too-large"]),
        (CLIENT, b"GET / HTTP/1.1\r\n\r\n", ["not-a-frame"]),
        (CLIENT, frame(document('<login id="2" name="bob"/>')), ["already-logged-in"]),
        (SERVER, frame(document('<ok re="77"/>')), ["answer-to-nothing"]),
        (SERVER, frame(document("<resumed/>")), ["missing-attribute"]),
        (SERVER, b"HTTP/1.1 400", ["not-a-frame"]),
    ],
    ids=lambda value: "",
)
def test_every_layer_is_judged_in_both_directions(sender: Side, octets: bytes, found: list[str], see: See) -> None:
    shown = see([*on_the_wire(FIRST), raw(sender, octets)])
    assert rules(shown) == found
    assert rules(shown[-1:]) == found


def test_one_connection_is_judged_beside_another(see: See) -> None:
    shown = see([*on_the_wire(FIRST, 1), *on_the_wire(FIRST[:1], 2), raw(CLIENT, frame(document('<who id="5"/>')), 2)])
    assert rules(shown) == ["login-first"]
    assert [one.where.stream.connection for one in seen(shown)] == [1, 1, 1, 2, 2]


def test_a_frame_that_is_cut_is_found_at_the_end(see: See) -> None:
    shown = see([*on_the_wire(FIRST), raw(CLIENT, b"\0\0\0\x40<pm"), closed()])
    assert rules(shown) == ["frame-cut"]
    (cut,) = seen(shown)[-1:]
    assert (cut.kind, cut.octets, cut.message) == (Kind.OCTETS, b"*" * 7, None)


def test_a_frame_that_we_have_cut_is_nobodys_fault(see: See) -> None:
    assert rules(see([*on_the_wire(FIRST), raw(CLIENT, b"\0\0\0\x40<pm"), closed(seen=False)])) == []


def test_what_had_no_answer_is_told_at_the_end(see: See) -> None:
    shown = see([*on_the_wire(FIRST), raw(CLIENT, frame(document('<who id="5"/>'))), closed()])
    assert rules(shown) == ["unanswered-at-end"]
    assert isinstance(shown[-1], Left)
    assert shown[-1].findings[0].where.frame == 4


def test_after_octets_that_were_not_looked_at_nothing_is_concluded_from_what_is_missing(see: See) -> None:
    """The command to which this is an answer may have been among them."""
    shown = see([*on_the_wire(FIRST), Missed(1, CLIENT, 100, TIME), raw(SERVER, frame(document('<ok re="77"/>')))])
    assert rules(shown) == ["missing-bytes"]
    assert seen(shown)[-2].octets == b"*" * 100


def test_a_connection_that_was_not_passed_on_is_counted(see: See, witness: Witness) -> None:
    unserved = Unserved(1, "127.0.0.1:1", "Nobody answers.", TIME)
    assert see([unserved]) == [unserved]
    assert witness.unserved == 1


def test_a_password_comes_out_as_asterisks(see: See) -> None:
    said = [*FIRST[:1], (CLIENT, document(f'<login id="1" name="anna"><password>{MARK}</password></login>'))]
    (login,) = seen(see(on_the_wire(said)))[1:]
    assert login.message == Login(id="1", name="anna", password="********")
    assert decode(login.octets) == login.message


@pytest.mark.parametrize(
    ("said", "before"),
    [*((said, FIRST[:1]) for said in LOGINS.values()), *((said, FIRST) for said in PASSWDS.values())],
    ids=[*(f"{what} before the login" for what in LOGINS), *(f"{what} after it" for what in PASSWDS)],
)
@pytest.mark.parametrize("sender", Side)
def test_no_password_comes_out_of_what_is_refused(said: str, before: list[Said], sender: Side, see: See) -> None:
    """Nor of what a server of another protocol sends back."""
    shown = see([*on_the_wire(before), raw(sender, frame(said.encode())), closed()])
    assert MARK not in repr(shown)


@pytest.mark.parametrize("sender", Side)
def test_no_password_comes_out_of_what_is_no_frame(sender: Side, see: See) -> None:
    for octets in (f"POST /login?password={MARK}".encode(), frame(f"<login><password>{MARK}".encode())[:-1]):
        shown = see([opened(), raw(sender, octets), closed()])
        assert rules(shown)
        assert MARK not in repr(shown)
