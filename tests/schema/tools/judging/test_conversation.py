"""What the examples of the rules (tests/schema/tools/rules) do not show: what is allowed, and what is not concluded."""

from __future__ import annotations

import pytest

from schema.codec import decode
from schema.errors import Refusal
from schema.messages import MESSAGES, Command, Side
from schema.tools.judging import conversation as module
from schema.tools.judging.conversation import ANSWERS, Conversation
from schema.tools.judging.devices import Devices
from tests.schema.tools.traffic import GREETING, LOGIN, TIME, chat, talk


def breaches(script: str, conversation: Conversation | None = None) -> list[str]:
    conversation = conversation or Conversation(Devices())
    return [breach.rule for side, octets in talk(script) for breach in conversation.hear(side, decode(octets, side))]


def broadcast(seq: int, room: str = "lobby") -> str:
    return f'S: <broadcast seq="{seq}" room="{room}" from="bob" time="{TIME}"><text>Hi</text></broadcast>\n'


def direct(seq: int) -> str:
    return f'S: <direct seq="{seq}" from="bob" to="alice" time="{TIME}"><text>Hi</text></direct>\n'


def error(id: str | None = None) -> str:
    re = f' re="{id}"' if id else ""
    return f'S: <error{re} code="invalid" action="modify"><text>No.</text></error>\n'


BEGUN = GREETING + LOGIN
JOIN = 'C: <join id="2" room="tea"/>\n'
PART = 'C: <part id="3" room="tea"/>\n'


def ok(id: str) -> str:
    return f'S: <ok re="{id}"/>\n'


def test_a_whole_conversation_is_in_order() -> None:
    conversation = Conversation(Devices())
    assert [breach for side, octets in chat(5) for breach in conversation.hear(side, decode(octets, side))] == []
    assert conversation.end(closed=True) == []


@pytest.mark.parametrize(
    "script",
    [
        JOIN + broadcast(5, "tea") + ok("2"),
        JOIN + ok("2") + PART + broadcast(5, "tea") + ok("3"),
        'C: <who id="2" room="tea"/>\nC: <list id="3"/>\nS: <rooms re="3"/>\nS: <users re="2" room="tea"/>\n',
        'C: <list id="2" what="blocks"/>\nS: <blocks re="2"/>\n',
        'C: <history id="2"/>\n' + error("2"),
        error(),
        direct(5) + 'S: <resumed seq="5"/>\n',
        'S: <ping id="1"/>\nC: <ping id="1"/>\nC: <pong re="1"/>\nS: <pong re="1"/>\n',
        'S: <users room="lobby"/>\n',
        'S: <bye code="shutdown" reconnect="true"><text>Bye.</text></bye>\nC: <pm id="7"><text>late</text></pm>\n',
        'C: <ex id="9"/>\n' + broadcast(5) + 'S: <bye re="9" code="logout" reconnect="false"><text/></bye>\n',
    ],
)
def test_what_is_allowed(script: str) -> None:
    assert breaches(BEGUN + script) == []


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        (JOIN + ok("2") + PART + ok("3") + broadcast(5, "tea"), "not-in-room"),
        (
            'S: <page re="2" more="false">'
            + (broadcast(5) + broadcast(4)).replace("S: ", "").replace("\n", "")
            + "</page>\n",
            "seq-goes-back",
        ),
        (broadcast(5) + direct(5), "seq-goes-back"),
        (broadcast(5) + 'S: <resumed seq="4"/>\n', "seq-goes-back"),
        ('C: <ex id="9"/>\nC: <pm id="3"><text/></pm>\n', "not-now"),
    ],
)
def test_what_is_not(script: str, rule: str) -> None:
    before = 'C: <history id="2"/>\n' if "page" in script else ""
    login = LOGIN.replace('name="alice">', 'name="alice" since="0">', 1)
    assert breaches(GREETING + login + before + script) == [rule]


@pytest.mark.parametrize("element", [name for name, one in MESSAGES.items() if issubclass(one, Command)])
def test_every_command_has_an_answer(element: str) -> None:
    answers = ANSWERS.get(MESSAGES[element], module._OK)
    assert all(Side.SERVER in answer.senders for answer in answers)


def test_what_was_not_seen_is_held_against_nobody() -> None:
    middle = Conversation(Devices(), seen_from_start=False)
    assert (
        breaches(ok("17") + broadcast(9, "tea") + direct(10) + 'C: <pong re="1"/>\nS: <resumed seq="10"/>\n', middle)
        == []
    )


def test_after_a_hole_nothing_is_concluded_from_it() -> None:
    conversation = Conversation(Devices())
    assert breaches(BEGUN + 'C: <pm id="2"><text>a</text></pm>\n', conversation) == []
    conversation.lost()
    rest = ok("55") + broadcast(9, "tea") + 'C: <pm id="3"><text>b</text></pm>\n' + ok("3")
    assert breaches(rest, conversation) == []
    assert conversation.end(closed=True) == []


def test_a_hole_over_the_login_is_made_up_for() -> None:
    conversation = Conversation(Devices())
    assert breaches(GREETING, conversation) == []
    conversation.lost()
    assert breaches('C: <pm id="2"><text>a</text></pm>\n' + ok("2"), conversation) == []


@pytest.mark.parametrize("id", [None, "2"])
def test_what_was_refused_gets_an_error_all_the_same(id: str | None) -> None:
    conversation = Conversation(Devices())
    assert breaches(BEGUN, conversation) == []
    conversation.refused(Side.CLIENT, Refusal("invalid", "No.", re=id))
    assert breaches(error("2"), conversation) == []
    assert conversation.end(closed=True) == []
    assert breaches(error("2"), conversation) == ["answered-twice" if id else "answer-to-nothing"]


def test_an_id_is_used_twice_on_another_connection_of_the_same_device() -> None:
    devices = Devices()
    login = LOGIN.replace('name="alice">', 'name="alice" client="laptop">', 1)
    pm = 'C: <pm id="2"><text>a</text></pm>\n'
    assert breaches(GREETING + login + pm, Conversation(devices)) == []
    assert breaches(GREETING + login + pm, Conversation(devices)) == []
    other = 'C: <pm id="2"><text>b</text></pm>\n'
    assert breaches(GREETING + login + other, Conversation(devices)) == ["id-used-twice"]


def test_commands_that_are_never_answered_are_forgotten_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 10)
    conversation = Conversation(Devices())
    many = "".join(f'C: <who id="w{n}"/>\n' for n in range(50))
    assert breaches(BEGUN + many, conversation) == []
    [left] = conversation.end(closed=False)
    assert "and 5 more" in left.sentence
