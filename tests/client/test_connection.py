"""The library against a real server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from client import Client, Disconnected, Refused, Unreachable
from client.link import Link
from schema.errors import Unsendable
from schema.messages import (
    Announce,
    Ban,
    Blocks,
    Broadcast,
    Command,
    Direct,
    Greeting,
    Kick,
    List,
    Message,
    Mute,
    Notice,
    Ok,
    Pong,
    Room,
    Sanction,
    Sanctions,
    Unban,
    Unmute,
    User,
    Users,
    Welcome,
)
from server.accounts_file import AccountsFile
from server.clock import SystemClock
from server.invitations import Invitations
from server.log import EventLog
from server.service import Service
from tests.client.conftest import Enter
from tests.client.fake_server import Caller, chat_with, let_in
from tests.conftest import MakeConfig, Serve
from tests.peer import PATIENCE
from tests.server.people import appoint


def test_a_conversation(enter: Enter) -> None:
    alice, bob = enter("alice"), enter("bob")
    hello, secret = alice.pm("hello"), bob.dm("alice", "secret")
    assert hello.seq is not None
    assert secret.seq is not None
    assert hello.seq < secret.seq
    assert alice.users() == bob.users() == User.named("alice", "bob")
    assert alice.join("tea").seq is None
    assert alice.rooms() == (Room("lobby", 2), Room("tea", 1))
    assert alice.users("tea") == User.named("alice")
    assert alice.pm("in tea", "tea").seq == secret.seq + 1
    assert isinstance(alice.part("tea"), Ok)
    assert isinstance(alice.ping(), Pong)
    assert alice.ex().code == bob.ex().code == "logout"
    assert [event.text for event in alice.events() if isinstance(event, Broadcast)] == ["hello", "in tea"]
    assert [event for event in bob.events() if isinstance(event, Direct)] == [
        Direct(seq=secret.seq, sender="bob", to="alice", time=secret.time or "", text="secret")
    ]


def test_what_users_say_of_themselves_and_of_others(enter: Enter) -> None:
    alice, eve = enter("alice"), enter("eve")
    alice.pm("waves", kind="action")
    alice.dm("eve", "winks", kind="action")
    alice.away()
    assert eve.users() == (User("alice", away=True), User("eve"))
    alice.back()
    assert eve.users() == User.named("alice", "eve")
    alice.block("eve")
    assert alice.blocks() == ("eve",)
    assert alice.session.blocked == {"eve"}
    with pytest.raises(Refused) as refused:
        eve.dm("alice", "?")
    assert refused.value.error.code == "blocked"
    alice.unblock("eve")
    assert alice.blocks() == ()
    eve.ex()
    said = [event for event in eve.events() if isinstance(event, Broadcast | Direct)]
    assert [(event.text, event.kind) for event in said] == [("waves", "action"), ("winks", "action")]


def test_the_blocks_are_known_without_an_event(enter: Enter) -> None:
    alice = enter("alice")
    enter("eve")
    alice.block("eve")
    phone = enter("alice")
    assert phone.session.blocked == set()
    phone.know_blocks()
    assert phone.session.blocked == {"eve"}
    phone.ex()
    assert not [event for event in phone.events(answers=True) if isinstance(event, Blocks | Ok)]


BAN = Sanction(kind="ban", user="eve", time="2026-03-01T09:00:00.000Z")


@pytest.mark.parametrize(
    ("call", "command", "answer", "result"),
    [
        (lambda chat: chat.kick("eve", "Enough."), Kick(id="x", user="eve", text="Enough."), Ok(re="2"), None),
        (lambda chat: chat.mute("eve", 60, "Sh."), Mute(id="x", user="eve", seconds=60, text="Sh."), Ok(re="2"), None),
        (lambda chat: chat.unmute("eve"), Unmute(id="x", user="eve"), Ok(re="2"), None),
        (lambda chat: chat.ban("eve", seconds=60), Ban(id="x", user="eve", seconds=60), Ok(re="2"), None),
        (lambda chat: chat.ban(address="::1"), Ban(id="x", address="::1"), Ok(re="2"), None),
        (lambda chat: chat.unban(address="::1"), Unban(id="x", address="::1"), Ok(re="2"), None),
        (lambda chat: chat.announce("Tea!"), Announce(id="x", text="Tea!"), Ok(re="2"), None),
        (
            lambda chat: chat.sanctions(),
            List(id="x", what="sanctions"),
            Sanctions(re="2", sanctions=(BAN,)),
            (BAN,),
        ),
    ],
    ids=lambda value: value.element if isinstance(value, Command) else "",
)
def test_what_moderators_ask_for(
    call: Callable[[Client], object], command: Command, answer: Message, result: object
) -> None:
    heard: list[Message] = []

    def script(caller: Caller) -> None:
        let_in(caller)
        heard.append(caller.hear())
        caller.say(answer)
        caller.until_gone()

    with chat_with(script) as chat:
        given = call(chat)
        assert isinstance(given, Ok) if result is None else given == result
    assert [replace(one, id="x") for one in heard if isinstance(one, Command)] == [command]


def test_a_moderator_and_the_others(enter: Enter, data: Path) -> None:
    alice, eve = enter("alice"), enter("eve")
    with pytest.raises(Refused) as refused:
        alice.kick("eve")
    assert refused.value.error.code == "not-allowed"
    appoint(data, "alice", "moderator")
    events = alice.events()
    while not (isinstance(event := next(events), Notice) and event.code == "role"):
        pass
    assert eve.users() == (User("alice", role="moderator"), User("eve"))
    alice.mute("eve", 600, "Enough.")
    with pytest.raises(Refused) as refused:
        eve.pm("but")
    assert refused.value.error.code == "muted"
    assert [(one.kind, one.user, one.by, one.text) for one in alice.sanctions()] == [
        ("mute", "eve", "alice", "Enough.")
    ]
    alice.unmute("eve")
    eve.pm("thanks")
    alice.announce("Tea!")
    alice.ban(address="192.0.2.0/24", seconds=60)
    alice.unban(address="192.0.2.0/24")
    assert alice.sanctions() == ()
    alice.kick("eve", "Out.")
    heard: list[Message] = []
    with pytest.raises(Disconnected, match="Out") as ended:
        heard.extend(eve.events())
    assert ended.value.bye is not None
    assert ended.value.bye.code == "kicked"
    assert [(one.code, one.sender) for one in heard if isinstance(one, Notice)] == [
        ("muted", None),
        ("unmuted", None),
        ("announcement", "alice"),
    ]


def test_each_answer_is_told_with_its_command(enter: Enter) -> None:
    alice = enter("alice")
    alice.away()
    alice.pm("hi")
    alice.ex()
    commands = [command.element for _, command in alice.exchanges() if command is not None]
    assert commands == ["login", "away", "pm", "ex"]


def test_a_name_alone_is_answered_with_a_prompt_that_lets_it_be_registered(service: Service) -> None:
    with Client.connect(*service.address) as chat:
        prompt = chat.login("alice")
        assert prompt.account == "new"
        welcome = chat.login("alice", "secret")
        assert welcome.registered
        assert chat.session.name == "alice"
    with Client.connect(*service.address) as chat:
        prompt = chat.login("alice")
        assert prompt.account == "known"


def test_the_greeting_is_there_from_the_start(service: Service) -> None:
    with Client.connect(*service.address) as chat:
        assert {limit.name for limit in chat.greeting.limits} >= {"document", "text", "password"}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (lambda chat: chat.pm(" "), "empty-text"),
        (lambda chat: chat.pm("x" * 5000), "text-too-long"),
        (lambda chat: chat.pm("hi", "tea"), "no-such-room"),
        (lambda chat: chat.dm("nobody", "hi"), "no-such-user"),
        (lambda chat: chat.dm("alice", "hi"), "to-yourself"),
        (lambda chat: chat.users("tea"), "no-such-room"),
        (lambda chat: chat.part("lobby"), "stay-in-lobby"),
        (lambda chat: chat.login("alice", "alice"), "already-logged-in"),
    ],
)
def test_a_refused_command_raises_with_the_error_and_the_next_one_is_served(
    enter: Enter, command: Callable[[Client], Any], code: str
) -> None:
    alice = enter("alice")
    with pytest.raises(Refused) as refused:
        command(alice)
    assert refused.value.error.code == code
    assert str(refused.value) == refused.value.error.text
    assert isinstance(alice.ping(), Pong)


@pytest.mark.parametrize(
    ("password", "register", "code"),
    [("wrong", False, "wrong-password"), ("wrong", True, "wrong-password"), ("p" * 129, False, "bad-password")],
)
def test_a_login_that_fails_may_be_tried_again(
    service: Service, enter: Enter, password: str, register: bool, code: str
) -> None:
    enter("alice")
    with Client.connect(*service.address) as chat:
        with pytest.raises(Refused) as refused:
            chat.login("alice", password, register=register)
        assert refused.value.error.code == code
        assert chat.session.name is None
        assert isinstance(chat.login("alice", "alice"), Welcome)


def test_what_cannot_be_sent_is_not(enter: Enter) -> None:
    alice = enter("alice")
    with pytest.raises(Unsendable):
        alice.pm("\x1b")
    assert alice.settle(0)
    assert isinstance(alice.ping(), Pong)


def test_a_server_that_stops_says_so(config: MakeConfig) -> None:
    service = Service(config(), EventLog("text", SystemClock()))
    service.start()
    with Client.connect(*service.address, retry_for=0) as chat:
        chat.login("alice", "alice", register=True)
        service.stop()
        with pytest.raises(Disconnected, match="The server is stopping") as ended:
            list(chat.events())
        assert ended.value.bye is not None
        assert (ended.value.bye.code, ended.value.bye.reconnect) == ("shutdown", True)
        with pytest.raises(Disconnected):
            chat.pm("hello?")


@pytest.mark.parametrize(
    ("host", "port"),
    [("127.0.0.1", 1), ("127.0.0.1", 70_000), ("127.0.0.1", -1), ("no-such-host.invalid", 7700), ("a" * 300, 7700)],
)
def test_an_address_where_nobody_answers(host: str, port: int) -> None:
    with pytest.raises(Unreachable, match=f"^Nobody answers at {host}:{port}: .*[^.]\\.$"):
        Client.connect(host, port)


def test_closing_twice_is_closing_once(enter: Enter) -> None:
    alice = enter("alice")
    alice.close()
    alice.close()
    assert {type(event) for event in alice.events()} <= {Greeting, Users}
    with pytest.raises(Disconnected, match="closed here"):
        alice.ping()


def test_the_socket_is_closed_by_who_reads_from_it(enter: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    # Closed by another thread, with its number given to a new socket at once, it kept its reader for a whole patience.
    closing: list[str] = []
    close = Link.close

    def watched(link: Link) -> None:
        closing.append(threading.current_thread().name)
        close(link)

    monkeypatch.setattr(Link, "close", watched)
    enter("alice").close()
    assert set(closing) == {"client-receiver"}


def test_closing_ends_the_events_of_another_thread(enter: Enter) -> None:
    alice = enter("alice")
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(list, alice.events())
        alice.close()
        assert {type(event) for event in reading.result(PATIENCE)} <= {Greeting, Users}


def test_leaving_says_ex_and_closes(enter: Enter) -> None:
    alice = enter("alice")
    alice.leave()
    assert alice.session.bye is not None
    assert alice.session.bye.code == "logout"
    alice.leave()


def test_many_threads_share_a_client(enter: Enter) -> None:
    alice, bob = enter("alice"), enter("bob")

    def talk(speaker: int) -> list[int | None]:
        return [alice.pm(f"{speaker} {number}").seq for number in range(50)]

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(talk, range(8)))
    assert all(sorted(mine, key=lambda seq: seq or 0) == mine for mine in numbers)
    assert len({seq for mine in numbers for seq in mine}) == 400
    bob.ex()
    heard = [event.text for event in bob.events() if isinstance(event, Broadcast)]
    assert [[text for text in heard if text.startswith(f"{n} ")] for n in range(8)] == [
        [f"{speaker} {number}" for number in range(50)] for speaker in range(8)
    ]


def test_a_password_is_changed(service: Service, enter: Enter) -> None:
    alice = enter("alice")
    with pytest.raises(Refused) as refused:
        alice.change_password("wrong", "next secret")
    assert refused.value.error.code == "wrong-password"
    alice.change_password("alice", "next secret")
    with Client.connect(*service.address) as other:
        other.login("alice", "next secret")


def test_an_invitation_lets_one_register(serve: Serve, data: Path) -> None:
    address = serve(registration="invitation").address
    with closing(AccountsFile(data / "accounts.db")) as file:
        code = Invitations(file, SystemClock()).make(days=1)
    with Client.connect(*address) as chat:
        assert chat.greeting.registration == "invitation"
        assert chat.login("alice").account == "known"
        assert chat.login("alice", invitation=code).account == "new"
        assert chat.login("alice", "secret", invitation=code).registered
