from __future__ import annotations

import pytest

from schema.framing import frame
from schema.messages import Side
from schema.tools.conformance.check import Failed, Skipped
from schema.tools.conformance.inbox import Inbox
from schema.tools.conformance.pattern import Pattern, document
from schema.tools.conformance.words import Words
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import Documents
from schema.tools.rules.finding import Finding

GREETING = '<greeting server="s" version="1" time="2026-03-01T09:00:00.000Z"><protocol major="1" minor="0"/></greeting>'


@pytest.fixture
def findings() -> list[Finding]:
    return []


@pytest.fixture
def inbox(findings: list[Finding]) -> Inbox:
    """What a server says, on a connection that it has greeted."""
    inbox = Inbox(Checker(Documents().judge), 1, Side.SERVER, findings)
    inbox.heard(frame(document(GREETING)))
    return inbox


@pytest.fixture
def words() -> Words:
    return Words("run", 1, {}, {})


def test_what_is_asked_for_is_taken_and_the_rest_is_kept(inbox: Inbox, words: Words) -> None:
    inbox.heard(frame(document('<ping id="1"/>')) + frame(document('<ping id="2"/>')))
    assert inbox.take(Pattern('<ping id="2"/>', words)) == 2
    assert inbox.take(Pattern('<ping id="2"/>', words)) is None
    assert [heard.root.get("id") for heard in inbox.unread] == [None, "1"]
    assert inbox.has_heard(Pattern('<ping id="2"/>', words)) is not None
    assert inbox.described() == f'{GREETING}, <ping id="1"/>'


def test_in_order_only_what_comes_later_is_looked_at(inbox: Inbox, words: Words) -> None:
    inbox.heard(frame(document('<ping id="1"/>')))
    assert inbox.take(Pattern("<greeting/>", words), after=1) is None


def test_pings_are_answered_in_pieces_too(inbox: Inbox) -> None:
    octets = frame(document('<ping id="1"/>'))
    assert inbox.heard(octets[:9]) == b""
    assert inbox.heard(octets[9:]) == frame(document('<pong re="1"/>'))
    inbox.answer = lambda _: None
    assert inbox.heard(octets) == b""


def test_another_answer_than_the_expected_one_fails_at_once(inbox: Inbox, words: Words) -> None:
    inbox.heard(frame(document('<pong re="1"/>')))
    with pytest.raises(Failed, match='expected <ok re="1"/>, got <pong re="1"/>'):
        inbox.take(Pattern('<ok re="1"/>', words))


def test_an_answer_for_which_nobody_has_asked_is_not_waited_past(inbox: Inbox, words: Words) -> None:
    inbox.said(frame(document('<who id="1"/>')) + frame(document('<who id="2"/>')))
    inbox.heard(frame(document('<users re="2" room="lobby"/>')))
    assert inbox.take(Pattern('<users re="1"/>', words)) is None
    inbox.heard(frame(document('<users re="3" room="lobby"/>')))
    with pytest.raises(Failed, match='got <users re="3" room="lobby"/>, for which nobody has asked'):
        inbox.take(Pattern('<users re="1"/>', words))


@pytest.mark.parametrize("code", ["throttled", "busy"])
def test_a_server_that_has_too_much_to_do_is_not_blamed(code: str, inbox: Inbox, words: Words) -> None:
    inbox.heard(frame(document(f'<error re="1" code="{code}" action="wait"><text/></error>')))
    with pytest.raises(Skipped, match=code):
        inbox.take(Pattern('<welcome re="1"/>', words))


@pytest.mark.parametrize(
    ("octets", "rule"),
    [
        (frame(b"<ping"), "not-well-formed"),
        (frame(document('<ping id=""/>')), "wrong-value"),
        (frame(document('<error re="9" code="x" action="cancel"><text/></error>')), "answer-to-nothing"),
        (b"\0\0\0\1", "not-a-frame"),
    ],
)
def test_what_the_other_side_does_wrong_is_found(
    octets: bytes, rule: str, inbox: Inbox, findings: list[Finding]
) -> None:
    inbox.heard(octets)
    assert [finding.rule.name for finding in findings] == [rule]


def test_what_we_do_wrong_is_not(inbox: Inbox, findings: list[Finding]) -> None:
    for octets in (frame(b"<ping"), frame(document('<pm id="1"><text/></pm>')), b"\xff\xff\xff\xff"):
        inbox.said(octets)
    inbox.ended()
    assert findings == []


def test_a_cut_frame_is_found_at_the_end(inbox: Inbox, findings: list[Finding]) -> None:
    inbox.heard(frame(document('<ping id="1"/>'))[:12])
    inbox.ended()
    assert [finding.rule.name for finding in findings] == ["frame-cut"]
