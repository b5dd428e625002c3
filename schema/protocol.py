"""The order of a conversation: which document each side may send in which state, and the state that follows.

The rules are the table below and know of no role: a server judges its client with it, a client its server, and the
validator both. A document that the table does not name is refused and changes nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from schema.errors import Refusal
from schema.messages import (
    Announce,
    Away,
    Back,
    Ban,
    Block,
    Blocks,
    Broadcast,
    Bye,
    Direct,
    Dm,
    Error,
    Ex,
    Greeting,
    History,
    Join,
    Kick,
    List,
    Login,
    Message,
    Mute,
    Notice,
    Ok,
    Page,
    Part,
    Passwd,
    Ping,
    Pm,
    Pong,
    Prompt,
    Resumed,
    Rooms,
    Sanctions,
    Side,
    Unban,
    Unblock,
    Unmute,
    Users,
    Welcome,
    Who,
)


class State(Enum):
    """Where a conversation stands."""

    OPENED = "opened"  # connected; the server has yet to greet
    GREETED = "greeted"  # the client may log in
    ACTIVE = "active"  # logged in
    LEAVING = "leaving"  # the client has said ex and waits for the bye
    CLOSED = "closed"  # nothing more may be said

    # As in Side: what is looked up at every message should not be hashed in Python.
    __hash__ = object.__hash__


OPENED, GREETED, ACTIVE, LEAVING, CLOSED = State
CLIENT, SERVER = Side

#: state → who sends → document → the state after it.
TRANSITIONS: Final[dict[State, dict[Side, dict[type[Message], State]]]] = {
    OPENED: {
        CLIENT: {},
        SERVER: {Greeting: GREETED, Error: OPENED, Bye: CLOSED},
    },
    GREETED: {
        CLIENT: {Login: GREETED, Ping: GREETED, Pong: GREETED, Ex: LEAVING},
        SERVER: {
            **dict.fromkeys((Prompt, Error, Ping, Pong, Notice), GREETED),
            Welcome: ACTIVE,
            Bye: CLOSED,
        },
    },
    ACTIVE: {
        CLIENT: {
            **dict.fromkeys((Pm, Dm, Who, List, Join, Part, History, Away, Back, Block, Unblock, Passwd), ACTIVE),
            **dict.fromkeys((Kick, Mute, Unmute, Ban, Unban, Announce, Ping, Pong), ACTIVE),
            Ex: LEAVING,
        },
        SERVER: {
            **dict.fromkeys((Ok, Error, Broadcast, Direct, Users, Rooms, Page, Blocks, Sanctions), ACTIVE),
            **dict.fromkeys((Resumed, Notice, Ping, Pong), ACTIVE),
            Bye: CLOSED,
        },
    },
    LEAVING: {
        CLIENT: {Pong: LEAVING},
        SERVER: {},
    },
    CLOSED: {CLIENT: {}, SERVER: {}},
}

# One who leaves still gets whatever was on its way.
TRANSITIONS[LEAVING][SERVER] |= {
    **dict.fromkeys({**TRANSITIONS[GREETED][SERVER], **TRANSITIONS[ACTIVE][SERVER]}, LEAVING),
    Bye: CLOSED,
}


def advance(state: State, sender: Side, message: Message) -> State:
    """The state after `message`. Raises Refusal where it has no place in this state."""
    following = TRANSITIONS[state][sender].get(type(message))
    if following is None:
        raise _misplaced(state, sender, message)
    return following


def _misplaced(state: State, sender: Side, message: Message) -> Refusal:
    re = getattr(message, "id", None)
    said = message.element
    if sender is CLIENT and state is GREETED and type(message) in TRANSITIONS[ACTIVE][CLIENT]:
        return Refusal("login-first", f"Log in before you send {said}.", re=re)
    if sender is CLIENT and state is ACTIVE and isinstance(message, Login):
        return Refusal("already-logged-in", "This connection is logged in; open another for another name.", re=re)
    return Refusal("not-now", f"A {sender.value} may not send {said} now: the conversation is {state.value}.", re=re)
