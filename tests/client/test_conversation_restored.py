"""The library across broken connections, with a real server: nothing lost, nothing twice, everything in order."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from client import Client
from client.events import LinkDown, LinkUp
from client.requests import MAX_UNANSWERED
from schema.messages import Block, Blocks, Broadcast, Direct, Dm, Message, Ok, Ping, Pm, Pong, Unblock, User
from server.clock import SystemClock
from server.log import EventLog
from server.service import Service
from tests.client.listening import until
from tests.client.proxy import Proxy
from tests.conftest import Connect, MakeConfig, Serve
from tests.peer import PATIENCE

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def proxy(service: Service) -> Iterator[Proxy]:
    with Proxy(service.address) as proxy:
        yield proxy


Through = Callable[..., Client]


@pytest.fixture
def through(proxy: Proxy) -> Iterator[Through]:
    """Logs in through the proxy; the password is what the other fixtures say."""
    with contextlib.ExitStack() as clients:

        def enter(name: str, **options: Any) -> Client:
            client = clients.enter_context(Client.connect(*proxy.address))
            client.login(name, "correct horse", register=True, **options)
            return client

        yield enter


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages if isinstance(message, Broadcast | Direct)]


def until_text(client: Client, last: str) -> Iterator[str]:
    """The messages up to and with this one."""
    for event in client.events():
        if isinstance(event, Broadcast | Direct):
            yield event.text
            if event.text == last:
                return


def all_texts(client: Client) -> list[str]:
    """Every message that the client has got at its end, and not read."""
    client.ex()
    return texts(list(client.events()))


def all_events(client: Client) -> list[Message]:
    """All that the client has got at its end, and not read, but for what it was answered."""
    client.ex()
    return list(client.events())


def pm(client: Client, text: str) -> Pm:
    return Pm(id=client.session.next_id(), text=text)


def test_a_cut_is_an_event_and_so_is_coming_back(proxy: Proxy, through: Through) -> None:
    alice = through("alice")
    proxy.cut()
    down = until(alice, LinkDown)[-1]
    assert down == LinkDown(reason="The server has gone away.")
    until(alice, LinkUp)
    assert alice.connected
    assert alice.users() == User.named("alice")


def test_who_was_away_is_away_again(proxy: Proxy, through: Through) -> None:
    alice = through("alice")
    alice.away()
    for _ in range(3):
        proxy.cut()
        until(alice, LinkUp)
        assert alice.users() == (User("alice", away=True),)
    alice.back()
    proxy.cut()
    until(alice, LinkUp)
    assert alice.users() == User.named("alice")
    assert not any(isinstance(event, Ok) for event in all_events(alice))


def test_the_blocks_are_those_of_now_whatever_was_blocked_meanwhile(
    proxy: Proxy, through: Through, connect: Connect
) -> None:
    alice, phone = through("alice"), connect("alice")
    for name in ("eve", "mallory"):
        connect(name)
    phone.ask(Block(id="1", user="eve"))
    alice.know_blocks()
    assert alice.session.blocked == {"eve"}
    for number in range(3):
        phone.ask((Block if number % 2 == 0 else Unblock)(id="2", user="mallory"))
        proxy.cut()
        until(alice, LinkUp)
        # Behind the question of the client itself, which goes before what is asked later.
        alice.ping()
        assert alice.settle(PATIENCE)
        assert alice.session.blocked == ({"eve", "mallory"} if number % 2 == 0 else {"eve"})
    assert not any(isinstance(event, Blocks) for event in all_events(alice))


def test_what_was_said_meanwhile_comes_once_and_in_order(proxy: Proxy, through: Through, connect: Connect) -> None:
    alice, bob = through("alice"), connect("bob")
    for number in range(300):
        bob.publish(Pm(id=bob.next_id(), text=str(number)))
        if number % 60 == 30:
            proxy.cut()
    until(alice, LinkUp)
    alice.pm("end")
    messages = list(until_text(alice, "end"))
    # Some may have been read on the way to the link's return.
    assert messages == [*(str(number) for number in range(int(messages[0]), 300)), "end"]


def test_an_answer_that_was_lost_is_given_again_and_nothing_posted_twice(
    proxy: Proxy, through: Through, connect: Connect
) -> None:
    alice, bob = through("alice"), connect("bob")
    alice.ping()
    proxy.drop_answers()
    answers = [alice.submit(pm(alice, str(number))) for number in range(20)]
    stored = [bob.receive_until(Broadcast) for _ in range(20)]
    assert not any(answer.done() for answer in answers)
    proxy.cut()
    oks = [answer.result(PATIENCE) for answer in answers]
    assert [(ok.seq, ok.time) for ok in oks if isinstance(ok, Ok)] == [(one.seq, one.time) for one in stored]
    assert [one.text for one in stored] == [str(number) for number in range(20)]
    assert texts(bob.sync()) == []
    assert all_texts(alice) == [str(number) for number in range(20)]


def test_what_is_sent_again_is_not_too_fast_either(serve: Serve) -> None:
    # The rest after the first 180 fits into the server's bucket even if the network holds it back and brings it at
    # once, while all of them at once would not.
    service = serve(rate=100.0, burst=200)
    with Proxy(service.address) as proxy, Client.connect(*proxy.address) as alice:
        alice.login("alice", "secret", register=True)
        proxy.drop_answers()
        answers = [alice.submit(pm(alice, str(number))) for number in range(MAX_UNANSWERED)]
        proxy.cut()
        assert {type(answer.result(PATIENCE)) for answer in answers} == {Ok}
        assert list(until_text(alice, str(MAX_UNANSWERED - 1))) == [str(number) for number in range(MAX_UNANSWERED)]


def test_pings_are_not_too_fast_either(serve: Serve) -> None:
    service = serve(rate=100.0, burst=20)
    with Client.connect(*service.address) as alice:
        alice.login("alice", "secret", register=True)
        answers = [alice.submit(Ping(id=alice.session.next_id())) for _ in range(40)]
        assert {type(answer.result(PATIENCE)) for answer in answers} == {Pong}


def test_a_server_that_is_started_again_gets_what_waited_in_order(config: MakeConfig) -> None:
    def start(port: int = 0) -> Service:
        service = Service(config(port=port), EventLog("text", SystemClock()))
        service.start()
        return service

    service = start()
    port = service.address[1]
    with Client.connect(*service.address) as alice:
        alice.login("alice", "secret", register=True)
        alice.pm("before")
        service.stop()
        until(alice, LinkDown)
        before = alice.connected
        answers = [alice.submit(pm(alice, str(number))) for number in range(50)]
        service = start(port)
        try:
            numbers = [ok.seq for answer in answers if isinstance(ok := answer.result(PATIENCE), Ok)]
            assert numbers == list(range(2, 52))
            assert (before, alice.connected) == (False, True)
            events = until(alice, LinkUp)
            assert texts(events) == []
            assert all_texts(alice) == [str(number) for number in range(50)]
            assert [one.text for one in history(service)] == ["before", *(str(number) for number in range(50))]
        finally:
            alice.close()
            service.stop()


def history(service: Service) -> list[Broadcast]:
    with Client.connect(*service.address) as carol:
        carol.login("carol", "secret", register=True)
        return [one for one in carol.history(limit=100) if isinstance(one, Broadcast)]


def test_rooms_are_joined_again_and_those_left_are_not(proxy: Proxy, through: Through) -> None:
    alice = through("alice")
    for room in ("tea", "cake"):
        alice.join(room)
    alice.part("cake")
    proxy.cut()
    until(alice, LinkUp)
    assert alice.users("tea") == User.named("alice")
    assert [room.name for room in alice.rooms()] == ["lobby", "tea"]


def test_direct_messages_that_came_while_a_device_was_away(proxy: Proxy, through: Through) -> None:
    through("alice", device="laptop").close()
    bob = through("bob")
    for number in range(250):
        bob.submit(Dm(id=bob.session.next_id(), to="alice", text=str(number)))
    assert bob.settle(PATIENCE)
    alice = through("alice", device="laptop")
    found = []
    for text in until_text(alice, "249"):
        found.append(text)
        if text in ("0", "99", "150"):
            proxy.cut()
    assert found == [str(number) for number in range(250)]


@pytest.mark.parametrize(("since", "expected"), [(0, ["1", "2", "3"]), (2, ["3"]), (3, []), (1000, [])])
def test_a_login_with_since_begins_after_it(
    through: Through, connect: Connect, since: int, expected: list[str]
) -> None:
    """Also where it lies in a future that the server has lost."""
    bob = connect("bob")
    for text in ("1", "2", "3"):
        bob.publish(Pm(id=bob.next_id(), text=text))
    alice = through("alice", since=since)
    alice.dm("bob", "direct")
    alice.pm("end")
    assert list(until_text(alice, "end")) == [*expected, "direct", "end"]


def test_many_threads_share_a_client_that_is_cut(proxy: Proxy, through: Through, connect: Connect) -> None:
    alice, bob = through("alice"), connect("bob")
    quarter = threading.Semaphore(0)

    def talk(speaker: int) -> list[int]:
        seqs = []
        for number in range(40):
            seqs.append(alice.pm(f"{speaker} {number}").seq or 0)
            quarter.release()
        return seqs

    with ThreadPoolExecutor(6) as pool:
        talking = [pool.submit(talk, speaker) for speaker in range(6)]
        for _ in range(3):
            for _ in range(60):
                assert quarter.acquire(timeout=PATIENCE)
            proxy.cut()
        numbers = [talk.result(PATIENCE) for talk in talking]
    assert all(sorted(mine) == mine for mine in numbers)
    assert len({seq for mine in numbers for seq in mine}) == 240
    heard = texts(bob.sync())
    assert all_texts(alice) == heard
    assert [[text for text in heard if text.startswith(f"{n} ")] for n in range(6)] == [
        [f"{speaker} {number}" for number in range(40)] for speaker in range(6)
    ]


def test_history(through: Through, connect: Connect) -> None:
    alice = through("alice")
    connect("bob")
    sent = [alice.pm(text).seq or 0 for text in ("1", "2", "3", "4")]
    alice.dm("bob", "secret")
    alice.join("tea")
    alice.pm("in tea", "tea")
    assert texts(list(alice.history())) == ["1", "2", "3", "4"]
    assert texts(list(alice.history(limit=2))) == ["3", "4"]
    assert texts(list(alice.history(before=sent[2]))) == ["1", "2"]
    assert texts(list(alice.history(after=sent[1], limit=1))) == ["3"]
    assert texts(list(alice.history("tea"))) == ["in tea"]
    assert texts(list(alice.history(user="bob"))) == ["secret"]
