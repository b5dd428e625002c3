from __future__ import annotations

import pytest

from schema.messages import (
    Blocks,
    Broadcast,
    Greeting,
    Limit,
    Login,
    Message,
    Ok,
    Page,
    Pm,
    Protocol,
    Side,
    User,
    Users,
)
from schema.tools.formats.message_line import told
from tests.schema.tools.traffic import TIME

SAID = Broadcast(seq=3, room="lobby", sender="bob", time=TIME, text="Hello: you")


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (Pm(id="1", text="Hello", room="tea"), "pm id=1 room=tea: Hello"),
        (Pm(id="1", text=""), "pm id=1: "),
        (Ok(re="1"), "ok re=1"),
        (Login(id="1", name="anna", register=True, rooms=("tea",)), "login id=1 name=anna register=true rooms=[tea]"),
        (
            Users(room="tea", users=(User("anna"), User("bob", "admin", away=True))),
            "users room=tea users=[anna, bob (role=admin away=true)]",
        ),
        (
            Greeting(server="x", version="1", time=TIME, protocols=(Protocol(1, 0),), limits=(Limit("text", 9),)),
            f"greeting server=x version=1 time={TIME} protocols=[major=1 minor=0] limits=[text=9]",
        ),
        (Blocks(re="1"), "blocks re=1"),
        (
            Page(re="1", more=False, broadcasts=(SAID,)),
            f"page re=1 more=false broadcasts=[broadcast (seq=3 room=lobby from=bob time={TIME} text=Hello: you)]",
        ),
    ],
    ids=lambda value: value.element if isinstance(value, Message) else "",
)
def test_a_message_is_one_line_of_its_fields(message: Message, line: str) -> None:
    assert told(message) == line


def test_every_message_has_a_line() -> None:
    assert told(SAID).startswith("broadcast ")
    assert Side.SERVER in SAID.senders
