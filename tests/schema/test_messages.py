from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from schema.errors import Refusal
from schema.messages import (
    MESSAGES,
    Broadcast,
    Bye,
    Command,
    Direct,
    Error,
    Greeting,
    Limit,
    Login,
    Message,
    Ok,
    Page,
    Ping,
    Pong,
    Protocol,
    Room,
    Rooms,
    Side,
    User,
    Welcome,
    as_fields,
)
from schema.written import written
from tests.examples import MESSAGE_OF_EACH

TIME = "2026-01-31T23:59:59.000Z"


def by_element(message: Message) -> str:
    return message.element


def test_a_login_does_not_show_its_password() -> None:
    login = Login(id="1", name="anna", password="geheim")
    assert "geheim" not in repr(login)
    assert "geheim" not in str(login)
    assert "anna" in repr(login)


@pytest.mark.parametrize("message", MESSAGE_OF_EACH, ids=by_element)
def test_a_message_cannot_be_changed(message: Message) -> None:
    with pytest.raises((FrozenInstanceError, TypeError)):
        setattr(message, fields(message)[0].name, "other")


@pytest.mark.parametrize("message", MESSAGE_OF_EACH, ids=by_element)
def test_equal_messages_are_one_key(message: Message) -> None:
    again = type(message)(**{spec.name: getattr(message, spec.name) for spec in fields(message)})
    assert {message: 1}[again] == 1


def test_each_side_is_the_others_other() -> None:
    assert [side.other for side in Side] == [Side.SERVER, Side.CLIENT]


@pytest.mark.parametrize("message", MESSAGES.values(), ids=by_element)
def test_commands_come_from_clients_and_only_pings_and_pongs_from_both(message: type[Message]) -> None:
    if message in (Ping, Pong):
        assert message.senders == set(Side)
    else:
        assert message.senders == {Side.CLIENT if issubclass(message, Command) else Side.SERVER}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (Ok(re="1"), {"type": "ok", "re": "1"}),
        (
            Broadcast(seq=1, room="lobby", sender="anna", time=TIME, text="é\n"),
            {"type": "broadcast", "seq": 1, "room": "lobby", "from": "anna", "time": TIME, "text": "é\n"},
        ),
        (
            Welcome(
                re="1", name="anna", room="lobby", seq=7, place=5, registered=False, users=User.named("anna", "bob")
            ),
            {
                **{"type": "welcome", "re": "1", "name": "anna", "room": "lobby", "seq": 7, "place": 5},
                **{"registered": False, "users": [{"name": "anna"}, {"name": "bob"}]},
            },
        ),
        (
            Rooms(re="5", rooms=(Room("lobby", 2),)),
            {"type": "rooms", "re": "5", "rooms": [{"name": "lobby", "users": 2}]},
        ),
        (Page(re="7", more=False), {"type": "page", "re": "7", "more": False, "broadcasts": [], "directs": []}),
        (
            Login(id="1", name="anna", client="laptop", since=0, rooms=("tea",)),
            {
                **{"type": "login", "id": "1", "name": "anna", "client": "laptop", "since": 0},
                **{"rooms": ["tea"], "extensions": []},
            },
        ),
        (
            Greeting(server="a", version="1", time=TIME, protocols=(Protocol(1, 0),), limits=(Limit("text", 5),)),
            {
                **{"type": "greeting", "server": "a", "version": "1", "time": TIME, "extensions": []},
                **{"protocols": [{"major": 1, "minor": 0}], "limits": [{"name": "text", "value": 5}]},
            },
        ),
    ],
)
def test_as_plain_data_the_keys_are_those_of_the_xml(message: Message, expected: dict[str, Any]) -> None:
    assert as_fields(message) == expected


def test_as_plain_data_a_page_holds_its_messages_as_they_are_elsewhere() -> None:
    broadcast = Broadcast(seq=1, room="lobby", sender="anna", time=TIME, text="a")
    direct = Direct(seq=2, sender="anna", to="bob", time=TIME, text="b")
    plain = as_fields(Page(re="7", more=True, broadcasts=(broadcast,), directs=(direct,)))
    assert plain == {
        **{"type": "page", "re": "7", "more": True},
        **{"broadcasts": [as_fields(broadcast)], "directs": [as_fields(direct)]},
    }
    assert [one["type"] for one in (*plain["broadcasts"], *plain["directs"])] == ["broadcast", "direct"]


@pytest.mark.parametrize("message", MESSAGE_OF_EACH, ids=by_element)
def test_as_plain_data_every_message_is_json(message: Message) -> None:
    plain = json.loads(json.dumps(as_fields(message)))
    assert plain.pop("type") == message.element
    assert set(plain) <= {spec.name if written(spec).many else written(spec).name for spec in fields(message)}


def test_an_error_repeats_what_its_refusal_says() -> None:
    refusal = Refusal("busy", "Later.", re="1", at="/pm", line=2, column=3, retry=4)
    assert Error.of(refusal) == Error(
        re="1", code="busy", action="wait", text="Later.", at="/pm", line=2, column=3, retry=4
    )


@pytest.mark.parametrize(("code", "reconnect"), [("banned", False), ("too-many-connections", True)])
def test_the_last_words_after_a_refusal_say_whether_to_come_back(code: str, reconnect: bool) -> None:
    assert Bye.of(Refusal(code, "No.")) == Bye(code=code, reconnect=reconnect, text="No.")
