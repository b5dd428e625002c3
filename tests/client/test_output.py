from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.output import Form, Output
from schema.codec import decode
from schema.messages import (
    Back,
    Broadcast,
    Bye,
    Direct,
    Error,
    Greeting,
    Message,
    Ok,
    Ping,
    Pong,
    User,
    Users,
    Welcome,
    as_fields,
)
from tests.examples import MESSAGE_OF_EACH
from tests.schema.strategies import AWKWARD, MESSAGES_OF_ALL_KINDS

TIME = "2026-03-01T09:05:00.000Z"
NASTY = "".join(AWKWARD) + "one\ntwo\U000e0041"
BROADCAST = Broadcast(seq=7, room="lobby", sender="bob", time=TIME, text="hi")


def written(form: Form, *messages: Message) -> tuple[str, str]:
    """What goes to the output, and what to the talk about it."""
    out, talk = io.StringIO(), io.StringIO()
    output = Output(form, out, talk)
    for message in messages:
        output.show(message)
    return out.getvalue(), talk.getvalue()


def as_json(message: Message) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(written("jsonl", message)[0])
    return fields


def lines_of(text: str) -> list[str]:
    """The lines as the readers split them that know most kinds of line ends."""
    return text.splitlines()


@pytest.mark.parametrize("form", ["jsonl", "xml"])
@pytest.mark.parametrize("message", MESSAGE_OF_EACH, ids=lambda message: message.element)
def test_a_document_is_one_line(form: Form, message: Message) -> None:
    out, talk = written(form, message)
    hidden = form == "jsonl" and isinstance(message, Ping)
    assert len(lines_of(out)) == (0 if hidden else 1)
    assert talk == ""


@pytest.mark.parametrize("form", ["jsonl", "xml"])
def test_line_ends_in_a_text_make_no_lines(form: Form) -> None:
    out, _ = written(form, *[Broadcast(seq=1, room="lobby", sender="bob", time=TIME, text=NASTY)] * 3)
    assert len(lines_of(out)) == 3


@given(st.lists(MESSAGES_OF_ALL_KINDS))
def test_xml_says_the_same_as_what_came(messages: list[Message]) -> None:
    out, _ = written("xml", *messages)
    assert [decode(line.encode()) for line in lines_of(out)] == messages


@given(st.lists(MESSAGES_OF_ALL_KINDS))
def test_jsonl_says_the_same_as_what_came(messages: list[Message]) -> None:
    out, _ = written("jsonl", *messages)
    expected = [json.loads(json.dumps(as_fields(one))) for one in messages if not isinstance(one, Ping)]
    assert [json.loads(line) for line in lines_of(out)] == expected


@given(st.lists(MESSAGES_OF_ALL_KINDS))
def test_what_is_for_programs_steers_no_terminal_either(messages: list[Message]) -> None:
    out = written("jsonl", *messages)[0] + written("xml", *messages)[0]
    assert not {"\x1b", "\x7f", "\x9b", "\u202e", "\u2028", "\ufeff"} & set(out)


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (
            BROADCAST,
            {"type": "broadcast", "from": "bob", "text": "hi", "seq": 7, "time": TIME, "room": "lobby"},
        ),
        (
            Direct(seq=8, sender="bob", to="alice", time=TIME, text="hi"),
            {"type": "direct", "from": "bob", "to": "alice", "text": "hi", "seq": 8, "time": TIME},
        ),
        (
            Users(room="lobby", users=User.named("alice", "bob")),
            {"type": "users", "room": "lobby", "users": [{"name": "alice"}, {"name": "bob"}]},
        ),
        (Users(room="lobby", users=()), {"type": "users", "room": "lobby", "users": []}),
        (
            Welcome(re="1", name="alice", room="lobby", seq=0, place=0, registered=True, users=User.named("alice")),
            {
                "type": "welcome",
                "re": "1",
                "name": "alice",
                "room": "lobby",
                "seq": 0,
                "place": 0,
                "registered": True,
                "users": [{"name": "alice"}],
            },
        ),
        (Ok(re="2", seq=9, time=TIME), {"type": "ok", "re": "2", "seq": 9, "time": TIME}),
        (
            Bye(re="3", code="logout", reconnect=False, text="Goodbye."),
            {"type": "bye", "re": "3", "code": "logout", "reconnect": False, "text": "Goodbye."},
        ),
        (Pong(re="4"), {"type": "pong", "re": "4"}),
    ],
    ids=lambda value: value.element if isinstance(value, Message) else "",
)
def test_jsonl_has_the_type_and_the_fields(message: Message, fields: dict[str, Any]) -> None:
    assert as_json(message) == fields


def test_plain_keeps_what_is_said_apart_from_the_talk_about_it() -> None:
    out, talk = written(
        "plain",
        Greeting(server="xmlchat", version="1.0", time=TIME),
        Welcome(re="1", name="alice", room="lobby", seq=0, place=0, users=User.named("alice")),
        BROADCAST,
        Ok(re="2"),
        Error(re="3", code="no-such-user", action="modify", text="There is no user bbo."),
    )
    assert [line.partition("] ")[2] or line for line in lines_of(out)] == ["* You are alice. Here: alice", "bob: hi"]
    assert lines_of(talk) == ["* Connected to xmlchat 1.0", "! There is no user bbo."]


@pytest.mark.parametrize(("form", "shown"), [("plain", 0), ("jsonl", 1), ("xml", 1)])
def test_only_a_person_is_spared_who_is_hidden(form: Form, shown: int) -> None:
    out = io.StringIO()
    Output(form, out, io.StringIO(), lambda sender: sender == "bob").show(BROADCAST)
    assert len(lines_of(out.getvalue())) == shown


def test_plain_says_what_was_done() -> None:
    out = io.StringIO()
    Output("plain", out, io.StringIO()).show(Ok(re="2"), Back(id="2"))
    assert out.getvalue() == "* You are back.\n"


@pytest.mark.parametrize("form", ["plain", "jsonl", "xml"])
def test_what_we_say_ourselves_is_talk_and_safe(form: Form) -> None:
    """It may quote what was piped in, which may be somebody else's."""
    out, talk = io.StringIO(), io.StringIO()
    Output(form, out, talk).tell("There is no command /\x1b[2J\u202e.\nUsage")
    assert (out.getvalue(), talk.getvalue()) == ("", "There is no command /\\x1b[2J\\u202e.\nUsage\n")


class Counted(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.flushed: list[str] = []

    def flush(self) -> None:
        self.flushed.append(self.getvalue())


@pytest.mark.parametrize("form", ["plain", "jsonl", "xml"])
def test_each_document_is_written_out_at_once(form: Form) -> None:
    out = Counted()
    output = Output(form, out, io.StringIO())
    for count in (1, 2, 3):
        output.show(BROADCAST)
        assert len(lines_of(out.flushed[-1])) == count
