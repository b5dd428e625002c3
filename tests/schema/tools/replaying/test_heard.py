from __future__ import annotations

import pytest

from schema.codec import decode
from schema.messages import Broadcast, Message, Ping, Side
from schema.tools.replaying.heard import MAX_MATCHED, About, Difference, Heard, paired
from tests.schema.tools.replaying.conftest import login, script
from tests.schema.tools.traffic import TIME, document

Come = list[tuple[About, int | None, str | None]]


def hear(lines: str, came: str) -> list[Difference]:
    """What differs if a client of this capture sends all it has to, and this comes."""
    heard = Heard(script(lines).talks[1])
    for said in heard.talk.by(Side.CLIENT):
        heard.sent(said)
    for line in filter(None, map(str.strip, came.splitlines())):
        heard.take(decode(document(line), Side.SERVER))
    return list(heard.differences())


def brief(differences: list[Difference]) -> Come:
    """What each is about, its frame in the capture, and the element that came."""
    return [
        (one.about, one.expected.frame if one.expected else None, one.got.element if one.got else None)
        for one in differences
    ]


FIRST = login(1, "alice")
CAME = "\n".join(line[5:] for line in FIRST.splitlines() if line.startswith("1 S: "))


def users(*names: str) -> str:
    inside = "".join(f'<user name="{name}"/>' for name in names)
    return f'<users room="lobby">{inside}</users>'


def broadcast(text: str, seq: int = 1) -> str:
    return f'<broadcast seq="{seq}" room="lobby" from="bob" time="{TIME}"><text>{text}</text></broadcast>'


def notice(code: str) -> str:
    return f'<notice code="{code}" time="{TIME}"><text/></notice>'


def captured(*documents: str) -> str:
    return FIRST + "".join(f"1 S: {one}\n" for one in documents)


@pytest.mark.parametrize(
    ("capture", "came", "found"),
    [
        ((), (), []),
        # Messages, in their order; what is in the middle is found without all that follows being different.
        (map(broadcast, "abc"), map(broadcast, "abc"), []),
        (map(broadcast, "abc"), map(broadcast, "ac"), [(About.MESSAGE, 5, None)]),
        (map(broadcast, "ac"), map(broadcast, "abc"), [(About.MESSAGE, None, "broadcast")]),
        (map(broadcast, "abc"), map(broadcast, "axc"), [(About.MESSAGE, 5, "broadcast")]),
        (map(broadcast, "ab"), map(broadcast, "ba"), [(About.MESSAGE, None, "broadcast"), (About.MESSAGE, 5, None)]),
        # Notices have an order of their own: between two of other kinds there is none.
        ((broadcast("a"), notice("role")), (notice("role"), broadcast("a")), []),
        ((notice("role"),), (notice("muted"),), [(About.NOTICE, 4, "notice")]),
        # Lists say what is: the last is what counts, and one that says nothing new comes of time.
        ((users("alice"), users("alice", "bob")), (users("alice"), users("bob", "alice")), []),
        ((users("alice"), users("alice", "bob"), users("alice", "bob", "eve")), (users("alice", "bob", "eve"),), []),
        ((users("alice"),), (users("alice"), users("alice"), users("alice")), []),
        ((users("alice"), users("alice")), (users("alice"),), []),
        ((users("alice"),), (users("alice"), users("alice", "bob")), []),
        ((users("alice"), users("alice", "bob")), (users("alice"),), [(About.USERS, 5, "users")]),
        ((users("alice"), users("alice", "bob"), users("alice")), (users("alice"),), [(About.USERS, 5, "users")]),
        ((users("alice"),), (), [(About.USERS, 4, None)]),
        # Pings come of time, and so do some farewells.
        ((), ('<ping id="1"/>',), []),
        (('<ping id="1"/>',), (), []),
        (('<bye code="shutdown" reconnect="true"><text/></bye>',), (), []),
        ((), ('<bye code="shutdown" reconnect="true"><text/></bye>',), [(About.BYE, None, "bye")]),
        (('<bye code="kicked" reconnect="false"><text/></bye>',), (), [(About.BYE, 4, None)]),
        # What answers nothing that was asked.
        ((), ('<ok re="77"/>',), [(About.STRAY, None, "ok")]),
        ((), ('<error code="busy" action="wait"><text/></error>',), [(About.ERROR, None, "error")]),
    ],
)
def test_what_is_pushed(capture: tuple[str, ...], came: tuple[str, ...], found: Come) -> None:
    documents = captured(*capture)
    assert brief(hear(documents, CAME + "\n" + "\n".join(came))) == found


ASKED = FIRST + '1 C: <away id="2"/>\n1 C: <who id="3"/>\n1 S: <ok re="2"/>\n1 S: <users re="3" room="lobby"/>\n'


@pytest.mark.parametrize(
    ("came", "found"),
    [
        (('<users re="3" room="lobby"/>', '<ok re="2"/>'), []),
        (('<ok re="2"/>',), [(About.ANSWER, 7, None)]),
        (
            ('<error re="2" code="busy" action="wait"><text/></error>', '<users re="3" room="tea"/>'),
            [(About.ANSWER, 6, "error"), (About.ANSWER, 7, "users")],
        ),
        (('<ok re="2"/>', '<users re="3" room="lobby"/>', '<ok re="2"/>'), [(About.STRAY, None, "ok")]),
    ],
)
def test_answers_are_compared_with_those_to_the_same_command(came: tuple[str, ...], found: Come) -> None:
    differences = hear(ASKED, CAME + "\n" + "\n".join(came))
    assert brief(differences) == found
    for one in differences:
        assert (one.command is None) == (one.about is not About.ANSWER)


def test_what_had_no_answer_may_have_any() -> None:
    assert hear(FIRST + '1 C: <away id="2"/>', CAME + '\n<ok re="2"/>') == []


LEFT = '1 C: <ex id="9"/>\n'
BYE = '<bye re="9" code="logout" reconnect="false"><text/></bye>'


@pytest.mark.parametrize("late", [(), (broadcast("late"),), (broadcast("later"), users("bob"), notice("role"))])
@pytest.mark.parametrize("captured_late", [(), (broadcast("late"), users("alice"))])
def test_what_is_on_its_way_when_a_client_leaves_may_come_or_not(
    late: tuple[str, ...], captured_late: tuple[str, ...]
) -> None:
    capture = captured(broadcast("before")) + LEFT + "".join(f"1 S: {one}\n" for one in (*captured_late, BYE))
    assert hear(capture, "\n".join((CAME, broadcast("before"), *late, BYE))) == []
    assert brief(hear(capture, "\n".join((CAME, *late[:0], BYE)))) == [(About.MESSAGE, 4, None)]


def test_it_knows_what_has_come() -> None:
    heard = Heard(script(captured(users("alice"), broadcast("a")) + '1 C: <away id="2"/>\n1 S: <ok re="2"/>').talks[1])
    login, away = heard.talk.by(Side.CLIENT)
    greeting, welcome, listed, said, ok = heard.talk.by(Side.SERVER)
    assert [heard.has(one) for one in (greeting, listed, said)] == [False] * 3
    # What was not sent is not waited for.
    assert heard.has(welcome)
    assert heard.is_settled()
    heard.sent(login)
    heard.sent(away)
    assert not heard.is_settled()
    for one in (greeting, welcome, said, ok):
        assert not heard.has(one)
        assert one.message is not None
        assert heard.take(one.message) is one
        assert heard.has(one)
    assert heard.is_settled()
    assert listed.message is not None
    heard.take(listed.message)
    assert heard.has(listed)


def test_pings_are_answered_as_often_as_the_capture_does() -> None:
    """One that says what was read must not be answered where it was not; one that comes of time has to be."""
    answered = '1 S: <ping id="read-7"/>\n1 C: <pong re="read-7"/>\n1 S: <ping id="read-9"/>\n'
    heard = Heard(script(FIRST + answered).talks[1])
    assert [heard.answers(Ping(id=id)) for id in ("read-1", "read-3", "idle-1", "idle-2")] == [True, False, True, True]


def messages(count: int, text: str = "{}") -> list[Message]:
    return [Broadcast(seq=1, room="lobby", sender="bob", time=TIME, text=text.format(at)) for at in range(count)]


def test_long_sequences_are_held_against_each_other_place_by_place() -> None:
    """The search for the best match would take minutes."""
    before, after = messages(MAX_MATCHED + 1), messages(MAX_MATCHED + 1)
    assert list(paired([*before], after)) == []
    del after[0]
    found = list(paired([*before], after))
    assert len(found) == MAX_MATCHED + 1
    assert found[-1] == (MAX_MATCHED, None)
