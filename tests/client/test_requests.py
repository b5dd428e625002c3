"""Commands, their answers and what else comes, while the connection holds."""

from __future__ import annotations

from concurrent.futures import Future

from client import Client
from client.requests import Identity
from schema.messages import Broadcast, Bye, Greeting, List, Message, Ok, Pm, Pong, Users, Welcome
from server.service import Service
from tests.client.conftest import Enter
from tests.client.fake_server import GREETING, WELCOME, answers, chat_with
from tests.peer import PATIENCE


def test_the_events_come_in_order_and_without_the_answers(enter: Enter) -> None:
    alice, bob = enter("alice"), enter("bob")
    for number in range(20):
        bob.pm(str(number))
    alice.ping()
    alice.ex()
    events = list(alice.events())
    assert [event.text for event in events if isinstance(event, Broadcast)] == [str(number) for number in range(20)]
    assert {type(event) for event in events} == {Greeting, Users, Broadcast}
    assert list(alice.events()) == []


def test_the_answers_are_among_the_events_for_who_asks(enter: Enter) -> None:
    alice = enter("alice")
    alice.ping()
    alice.ex()
    events = [type(event) for event in alice.events(answers=True)]
    assert [event for event in events if event is not Users] == [Greeting, Welcome, Pong, Bye]


def test_a_thousand_messages_without_waiting_are_answered_in_order(enter: Enter) -> None:
    alice = enter("alice")
    answers: list[Future[Message]] = [
        alice.submit(Pm(id=alice.session.next_id(), text=str(number))) for number in range(1000)
    ]
    numbers = [ok.seq for answer in answers if isinstance(ok := answer.result(PATIENCE), Ok)]
    assert len(numbers) == 1000
    assert alice.settle(PATIENCE)
    alice.ex()
    heard = [event for event in alice.events() if isinstance(event, Broadcast)]
    assert [event.seq for event in heard] == numbers
    assert [event.text for event in heard] == [str(number) for number in range(1000)]


def test_nobody_waits_for_what_is_quiet() -> None:
    with chat_with(answers((GREETING,), (WELCOME,))) as chat:
        chat.submit(List(id=chat.session.next_id()), quiet=True)
        assert chat.settle(0)
        chat.submit(List(id=chat.session.next_id()))
        assert not chat.settle(0)


def test_what_had_no_answer_at_the_end_is_known() -> None:
    with chat_with(answers((GREETING,), (WELCOME,))) as chat:
        said = Pm(id=chat.session.next_id(), text="one")
        chat.submit(said)
        chat.submit(List(id=chat.session.next_id()), quiet=True)
        chat.close()
        assert chat.lost == (said,)


def test_who_is_logged_in_is_known_after_the_login(service: Service) -> None:
    with Client.connect(*service.address) as chat:
        chat.login("alice")
        before = chat.identity
        chat.login("alice", "secret", register=True, device="desk")
        assert (before, chat.identity) == (None, Identity("alice", "secret", "desk"))
        chat.change_password("secret", "another")
        assert chat.identity == Identity("alice", "another", "desk")
