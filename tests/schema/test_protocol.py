from __future__ import annotations

from collections.abc import Sequence

import pytest

from schema.errors import Refusal
from schema.messages import MESSAGES, Login, Message, Side
from schema.protocol import TRANSITIONS, State, advance
from tests.examples import MESSAGE_OF_EACH, message

#: state and side, and for each document it may send the state that follows. Written out once more, on purpose.
MAY = {
    "opened client": "",
    "opened server": "greeting→greeted error→opened bye→closed",
    "greeted client": "login→greeted ping→greeted pong→greeted ex→leaving",
    "greeted server": (
        "prompt→greeted error→greeted ping→greeted pong→greeted notice→greeted welcome→active bye→closed"
    ),
    "active client": (
        "pm→active dm→active who→active list→active join→active part→active history→active away→active back→active "
        "block→active unblock→active passwd→active kick→active mute→active unmute→active ban→active unban→active "
        "announce→active "
        "ping→active pong→active ex→leaving"
    ),
    "active server": (
        "ok→active error→active broadcast→active direct→active users→active rooms→active page→active "
        "blocks→active sanctions→active "
        "resumed→active notice→active ping→active pong→active bye→closed"
    ),
    "leaving client": "pong→leaving",
    "leaving server": (
        "prompt→leaving welcome→leaving ok→leaving error→leaving broadcast→leaving direct→leaving users→leaving "
        "rooms→leaving page→leaving blocks→leaving sanctions→leaving "
        "resumed→leaving notice→leaving ping→leaving pong→leaving bye→closed"
    ),
    "closed client": "",
    "closed server": "",
}

NEXT: dict[tuple[State, Side, str], State] = {
    (State(place.split()[0]), Side(place.split()[1]), document): State(following)
    for place, moves in MAY.items()
    for document, _, following in (move.partition("→") for move in moves.split())
}

EVERYTHING = [(state, side, said) for state in State for side in Side for said in MESSAGE_OF_EACH]


def label(value: State | Side | Message) -> str:
    return value.element if isinstance(value, Message) else value.value


@pytest.mark.parametrize(("state", "side", "said"), EVERYTHING, ids=label)
def test_every_document_in_every_state_from_either_side(state: State, side: Side, said: Message) -> None:
    expected = NEXT.get((state, side, said.element))
    if expected is not None:
        assert advance(state, side, said) is expected
        return
    with pytest.raises(Refusal) as refused:
        advance(state, side, said)
    assert refused.value.code.name == code_of(state, side, said)
    assert refused.value.re == getattr(said, "id", None)
    assert not refused.value.code.fatal


NEEDS_LOGIN = (
    *("pm", "dm", "who", "list", "join", "part", "history", "away", "back", "block", "unblock", "passwd"),
    *("kick", "mute", "unmute", "ban", "unban", "announce"),
)


def code_of(state: State, side: Side, said: Message) -> str:
    if side is Side.CLIENT and state is State.ACTIVE and isinstance(said, Login):
        return "already-logged-in"
    if side is Side.CLIENT and state is State.GREETED and said.element in NEEDS_LOGIN:
        return "login-first"
    return "not-now"


def test_nobody_may_send_what_the_schema_gives_to_the_other_side() -> None:
    for by_side in TRANSITIONS.values():
        for side, moves in by_side.items():
            assert all(side in message_class.senders for message_class in moves)


def test_every_document_has_a_place_somewhere() -> None:
    assert {document for _, _, document in NEXT} == set(MESSAGES)


C, S = Side.CLIENT, Side.SERVER
LOGIN = [(S, "greeting"), (C, "login"), (S, "prompt"), (C, "login"), (S, "welcome")]
CONVERSATIONS = [
    ([*LOGIN, (C, "pm"), (S, "broadcast"), (S, "ok"), (C, "ex"), (S, "bye")], State.CLOSED),
    ([*LOGIN, (C, "ex"), (S, "broadcast"), (S, "ping"), (C, "pong"), (S, "users")], State.LEAVING),
    ([*LOGIN, (S, "ping"), (C, "pong"), (C, "ping"), (S, "pong")], State.ACTIVE),
    ([(S, "greeting"), (C, "login"), (S, "error"), (C, "login"), (C, "login"), (S, "welcome")], State.ACTIVE),
    ([(S, "greeting"), (C, "login"), (C, "ex"), (S, "welcome"), (S, "bye")], State.CLOSED),
    ([(S, "error"), (S, "bye")], State.CLOSED),
    ([*LOGIN, (S, "broadcast"), (S, "ping"), (C, "pong"), (S, "direct"), (S, "resumed")], State.ACTIVE),
    ([*LOGIN, (C, "pm"), (S, "users"), (S, "ok"), (S, "broadcast"), (S, "resumed")], State.ACTIVE),
    ([*LOGIN, (C, "history"), (S, "broadcast"), (S, "page"), (C, "history"), (C, "ex"), (S, "page")], State.LEAVING),
]


@pytest.mark.parametrize(("conversation", "end"), CONVERSATIONS)
def test_a_conversation_ends_where_it_should(conversation: Sequence[tuple[Side, str]], end: State) -> None:
    state = State.OPENED
    for side, element in conversation:
        state = advance(state, side, message(element))
    assert state is end
