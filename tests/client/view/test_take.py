from __future__ import annotations

import pytest

from client.events import LinkDown, LinkUp
from client.view.chat import Chat
from client.view.entries import Talk
from client.view.link import Down, Link, Returned, Up
from client.view.take import addressed, seen
from schema.messages import (
    Block,
    Command,
    Dm,
    Error,
    Greeting,
    History,
    Join,
    Message,
    Notice,
    Ok,
    Page,
    Part,
    Ping,
    Pm,
    Pong,
    Resumed,
    Rooms,
    User,
    Users,
    Who,
)
from schema.messages import List as ListAll
from tests.client.view.scenes import BOB, LATER, LOBBY, NOW, TEA, chat_of, heard, private, public, shown

Exchange = Message | tuple[Message, Command | Ping]


def refused(re: str, text: str) -> Error:
    return Error(re=re, code="no", action="modify", text=text)


@pytest.mark.parametrize(
    ("exchanges", "lines"),
    [
        ([public("hello")], ["bob: hello"]),
        ([public("hello", room="tea")], []),
        ([private("hello")], []),
        ([Users(room="lobby", users=User.named("alice", "bob", "carl"))], ["+carl - ±"]),
        ([Users(room="lobby", users=User.named("alice"))], ["+ -bob ±"]),
        ([Users(room="lobby", users=User.named("bob", "alice"))], []),
        ([Users(room="lobby", users=(User("alice"), User("bob", away=True)))], []),
        ([Users(room="tea", users=User.named("bob"))], []),
        ([(Users(re="1", room="lobby", users=User.named("alice", "bob")), Who(id="1"))], ["* Here: alice, bob"]),
        ([(Rooms(re="1"), ListAll(id="1"))], ["* Rooms: "]),
        ([(Pong(re="1"), Ping(id="1"))], ["* The server is there."]),
        (
            [(Ok(re="1"), Block(id="1", user="eve"))],
            ["* You have blocked eve: no direct messages from there, and public ones are not shown."],
        ),
        ([refused("1", "No.")], ["! No."]),
        ([(refused("1", "No room."), Join(id="1", room="tea"))], ["! No room."]),
        ([Notice(code="announcement", time=NOW, text="Tea.", sender="carl")], ["* Announcement by carl: Tea."]),
        ([Greeting(server="xmlchat", version="1", time=NOW)], []),
    ],
)
def test_what_comes_stands_in_the_lobby(exchanges: list[Exchange], lines: list[str]) -> None:
    assert shown(heard(chat_of("bob"), *exchanges)) == lines


@pytest.mark.parametrize(
    ("message", "talk"),
    [
        (public("hello"), LOBBY),
        (public("hello", room="tea"), TEA),
        (private("hello"), BOB),
        (private("hello", sender="alice", to="bob"), BOB),
    ],
)
def test_a_message_stands_where_it_belongs(message: Message, talk: Talk) -> None:
    chat = heard(chat_of("bob"), message, message)
    assert [shown(chat, one) for one in chat.timelines if shown(chat, one)] == [shown(chat, talk)]
    assert len(shown(chat, talk)) == 1


def test_what_a_hidden_person_says_is_not_shown_wherever_it_comes_from() -> None:
    chat = chat_of("eve", hidden=["eve"])
    page = Page(re="1", more=False, broadcasts=(public("old", 1, sender="eve"), public("older", 2)))
    heard(chat, public("new", 3, sender="eve"), (page, History(id="1")))
    assert shown(chat) == ["bob: older"]


def test_a_page_stands_above_what_is_there() -> None:
    chat = heard(chat_of("bob"), public("new", 9))
    chat.timeline.asked = True
    heard(chat, (Page(re="1", more=True, broadcasts=(public("old", 3), public("older", 4))), History(id="1")))
    assert shown(chat) == ["bob: old", "bob: older", "bob: new"]
    assert (chat.timeline.more, chat.timeline.asked, chat.timeline.unread) == (True, False, 0)


@pytest.mark.parametrize(
    ("command", "page", "talk"),
    [
        (History(id="1", room="tea"), Page(re="1", more=False, broadcasts=(public("old", 3, room="tea"),)), TEA),
        (History(id="1", user="bob"), Page(re="1", more=False, directs=(private("old", 3),)), BOB),
    ],
)
def test_a_page_goes_to_its_conversation(command: History, page: Page, talk: Talk) -> None:
    chat = chat_of("bob")
    # Closed before it came: nothing happens.
    heard(chat, (page, command))
    assert list(chat.timelines) == [LOBBY]
    chat.open(talk)
    heard(chat, (page, command))
    assert shown(chat, talk) == ["bob: old"]


def test_history_that_is_refused_is_not_asked_for_again() -> None:
    chat = chat_of()
    chat.go(Talk("nobody", is_room=False))
    chat.timeline.asked = True
    heard(chat, (refused("1", "There is no user nobody."), History(id="1", user="nobody")))
    assert (chat.timeline.more, chat.timeline.asked) == (False, False)
    assert shown(chat) == ["! There is no user nobody."]


def test_typed_history_says_that_there_is_none() -> None:
    chat = chat_of()
    chat.typed_in["1"] = LOBBY
    heard(chat, (Page(re="1", more=False), History(id="1")))
    assert shown(chat) == ["* Nothing was said yet."]


@pytest.mark.parametrize(
    ("command", "talk"),
    [
        (Pm(id="1", text="mine"), LOBBY),
        (Pm(id="1", text="mine", room="tea"), TEA),
        (Dm(id="1", to="bob", text="mine"), BOB),
    ],
)
@pytest.mark.parametrize(
    ("answer", "line"),
    [(None, "alice: mine …"), (Ok(re="1", seq=9, time=NOW), "alice: mine"), (refused("1", "No."), "alice: mine !")],
)
def test_what_is_sent_shows_how_far_it_is(command: Pm | Dm, talk: Talk, answer: Message | None, line: str) -> None:
    chat = chat_of("bob")
    assert addressed(chat, command) == talk
    chat.open(talk).send(command, "alice", NOW)
    heard(chat, *([(answer, command)] if answer else []))
    assert shown(chat, talk) == [line]


def test_an_answer_stands_where_it_was_asked() -> None:
    chat = chat_of("bob")
    chat.typed_in["1"] = LOBBY
    chat.go(BOB)
    heard(chat, (Pong(re="1"), Ping(id="1")))
    assert (shown(chat, LOBBY), shown(chat, BOB)) == (["* The server is there."], [])
    assert chat.typed_in == {}


def test_where_it_was_asked_may_be_closed() -> None:
    chat = chat_of("bob")
    chat.open(BOB)
    chat.typed_in["1"] = BOB
    chat.close(BOB)
    heard(chat, (Pong(re="1"), Ping(id="1")))
    assert shown(chat) == ["* The server is there."]


def test_a_room_is_entered_and_left_when_the_server_says_so() -> None:
    chat = chat_of()
    heard(chat, (Ok(re="1"), Join(id="1", room="tea")))
    assert chat.current == TEA
    heard(chat, (Ok(re="2"), Part(id="2", room="tea")))
    assert (chat.current, list(chat.timelines)) == (LOBBY, [LOBBY])


def link_after(*exchanges: Message) -> tuple[Chat, Link]:
    chat = heard(chat_of("bob"), LinkDown(reason="Gone."), now=NOW)
    heard(chat, *exchanges, now=LATER)
    return chat, chat.link


@pytest.mark.parametrize(
    ("exchanges", "link"),
    [
        ([], Down("Gone.", NOW)),
        ([public("as it breaks")], Down("Gone.", NOW)),
        ([LinkUp()], Returned(NOW)),
        ([LinkUp(), public("one"), private("two"), public("mine", sender="alice")], Returned(NOW, 2)),
        ([LinkUp(), public("one"), Resumed(seq=1)], Returned(NOW, 1, complete=True)),
        ([LinkUp(), Resumed(seq=1), public("live")], Returned(NOW, 0, complete=True)),
        ([LinkUp(), LinkDown(reason="Again.")], Down("Again.", LATER)),
    ],
)
def test_the_link_is_followed(exchanges: list[Message], link: Link) -> None:
    assert link_after(*exchanges)[1] == link


def test_that_it_is_back_is_said_once_and_no_longer_than_needed() -> None:
    chat, _ = link_after(LinkUp(), public("one"))
    states = []
    for message in (Resumed(seq=1), Resumed(seq=1)):
        seen(chat)
        states.append(type(chat.link))
        heard(chat, message)
    assert states == [Returned, Up]
    assert sum("Connected again" in line for line in shown(chat)) == 1


def test_a_first_login_with_a_place_says_nothing_of_it() -> None:
    chat = heard(chat_of(), Resumed(seq=1))
    assert (chat.link, shown(chat)) == (Up(), [])
