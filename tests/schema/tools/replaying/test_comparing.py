from __future__ import annotations

import pytest

from schema.messages import (
    Blocks,
    Broadcast,
    Bye,
    Error,
    Greeting,
    Limit,
    Message,
    Notice,
    Ok,
    Page,
    Sanction,
    Sanctions,
    User,
    Users,
    Welcome,
)
from schema.tools.replaying.comparing import SET_ASIDE, Change, changes, leaves, same
from tests.schema.tools.traffic import TIME

LATER = "2027-01-01T00:00:00.000Z"


def broadcast(**more: object) -> Broadcast:
    plain: dict[str, object] = {"seq": 1, "room": "lobby", "sender": "bob", "time": TIME, "text": "Hello"}
    return Broadcast(**{**plain, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Greeting(server="a", version="1", time=TIME), Greeting(server="b", version="2", time=LATER)),
        (
            Welcome(re="1", name="bob", room="lobby", seq=1, place=2, users=User.named("bob", "anna")),
            Welcome(re="9", name="bob", room="lobby", seq=7, place=7, users=User.named("anna", "bob")),
        ),
        (Ok(re="1", seq=1, time=TIME), Ok(re="1", seq=2, time=LATER)),
        (broadcast(), broadcast(seq=9, time=LATER)),
        (
            Error(code="busy", action="wait", text="Wait.", retry=1),
            Error(code="busy", action="wait", text="Warte.", retry=2),
        ),
        (Bye(code="kicked", reconnect=False, text="a"), Bye(code="kicked", reconnect=False, text="b")),
        (Notice(code="muted", time=TIME, text="until 9"), Notice(code="muted", time=LATER, text="until 10")),
        (
            Page(re="1", more=False, broadcasts=(broadcast(),)),
            Page(re="1", more=False, broadcasts=(broadcast(seq=5),)),
        ),
        (
            Sanctions(re="1", sanctions=(Sanction(kind="ban", user="eve", time=TIME, until=TIME),)),
            Sanctions(re="1", sanctions=(Sanction(kind="ban", user="eve", time=LATER, until=LATER),)),
        ),
    ],
    ids=lambda message: message.element if isinstance(message, Message) else "",
)
def test_what_each_server_sets_for_itself_is_set_aside(one: Message, other: Message) -> None:
    assert changes(one, other) == []
    assert same(one, other)


@pytest.mark.parametrize(
    ("expected", "got", "found"),
    [
        (broadcast(), broadcast(text="Goodbye"), [("/broadcast/text", "Hello", "Goodbye")]),
        (
            broadcast(),
            broadcast(sender="eve", kind="action"),
            [("/broadcast/@from", "bob", "eve"), ("/broadcast/@kind", None, "action")],
        ),
        (Ok(re="1", seq=1, time=TIME), Ok(re="1"), [("/ok/@seq", "…", None), ("/ok/@time", "…", None)]),
        (
            Greeting(server="a", version="1", time=TIME, limits=(Limit("text", 9), Limit("ping", 3))),
            Greeting(server="a", version="1", time=TIME, limits=(Limit("ping", 3), Limit("text", 8))),
            [("/greeting/limit[@name='text']/@value", "9", "8")],
        ),
        (
            Users(room="tea", users=(User("anna"),)),
            Users(room="tea", users=(User("anna", away=True), User("bob"))),
            [
                ("/users/user[@name='anna']/@away", None, "true"),
                ("/users/user[@name='bob']", None, "there"),
                ("/users/user[@name='bob']/@name", None, "bob"),
            ],
        ),
        (Blocks(re="1", users=("eve",)), Blocks(re="1"), [("/blocks/user[@name='eve']", "there", None)]),
        (
            Notice(code="announcement", time=TIME, sender="ann", text="Noon"),
            Notice(code="announcement", time=TIME, sender="ann", text="Now"),
            [("/notice/text", "Noon", "Now")],
        ),
        (
            Ok(re="1"),
            Error(re="1", code="busy", action="wait", text="Wait."),
            [("/ok", "ok re=1", "error code=busy action=wait re=1: Wait.")],
        ),
        (Ok(re="1"), None, [("/ok", "ok re=1", None)]),
        (None, Ok(re="1"), [("/ok", None, "ok re=1")]),
        (None, None, []),
    ],
    ids=lambda value: "",
)
def test_what_differs_is_named_by_its_path(
    expected: Message | None, got: Message | None, found: list[tuple[str, str | None, str | None]]
) -> None:
    assert changes(expected, got) == [Change(*one) for one in found]


@pytest.mark.parametrize(("code", "found"), [("busy", 0), ("storage", 1)])
def test_of_what_was_sent_in_place_of_something_only_the_code_counts(code: str, found: int) -> None:
    one = Error(code="busy", action="wait", text="", line=1, at="/pm")
    assert len(changes(one, Error(code=code, action="modify", text=""), only_code=True)) == found


def test_everything_that_is_set_aside_is_there_to_be() -> None:
    """A name in the table that nothing has would hide that something else is compared."""
    known = {
        **leaves(Greeting(server="", version="", time=TIME)),
        **leaves(Welcome(re="", name="", room="", seq=1, place=1)),
        **leaves(Ok(re="", seq=1, time=TIME)),
        **leaves(broadcast()),
        **leaves(Error(code="", action="", text="", retry=1)),
        **leaves(Bye(code="", reconnect=False, text="")),
        **leaves(Notice(code="", time=TIME, text="", sender="x")),
    }
    for element in ("greeting", "welcome", "ok", "broadcast", "error", "bye", "notice"):
        for name in SET_ASIDE[element]:
            assert "…" in (known.get(f"/{element}/@{name}"), known.get(f"/{element}/{name}"))
