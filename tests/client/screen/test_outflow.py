from __future__ import annotations

from queue import SimpleQueue

import pytest

from client.screen.outflow import Outflow
from schema.messages import Command, Error, History, Message, Page, Ping, Pm
from tests.client.conftest import Enter
from tests.client.processes import SOON

Answers = SimpleQueue[tuple[Message, Command | Ping]]


def test_what_is_sent_arrives_in_order(enter: Enter) -> None:
    alice, bob = enter("alice"), enter("bob")
    outflow = Outflow(alice, lambda *_: None)
    for text in ["one", "two", "three"]:
        outflow.send(Pm(id=alice.session.next_id(), text=text))
    outflow.finish()
    alice.settle()
    assert [message.text for message in bob.history()] == ["one", "two", "three"]
    outflow.finish()


def test_what_cannot_be_sent_is_answered_and_the_rest_goes_on(enter: Enter) -> None:
    alice = enter("alice")
    answers: Answers = SimpleQueue()
    outflow = Outflow(alice, lambda *answer: answers.put(answer))
    hopeless = Pm(id=alice.session.next_id(), text="\x00")
    outflow.send(hopeless)
    outflow.send(Pm(id=alice.session.next_id(), text="next"))
    outflow.finish()
    answer, command = answers.get(timeout=SOON)
    assert isinstance(answer, Error)
    assert (answer.code, answer.re, command) == ("unsendable", hopeless.id, hopeless)
    alice.settle()
    assert [message.text for message in alice.history()] == ["next"]


def test_what_the_screen_asks_is_answered_to_it_alone(enter: Enter) -> None:
    alice = enter("alice")
    answers: Answers = SimpleQueue()
    outflow = Outflow(alice, lambda *answer: answers.put(answer))
    asked = History(id=alice.session.next_id())
    outflow.ask(asked)
    answer, command = answers.get(timeout=SOON)
    assert isinstance(answer, Page)
    assert command == asked
    outflow.finish()
    alice.ex()
    assert not any(isinstance(message, Page) for message in alice.events(answers=True))


@pytest.mark.parametrize("ask", [True, False])
def test_after_the_end_nothing_is_sent_and_nobody_waits(enter: Enter, ask: bool) -> None:
    alice = enter("alice")
    answers: Answers = SimpleQueue()
    outflow = Outflow(alice, lambda *answer: answers.put(answer))
    alice.close()
    (outflow.ask if ask else outflow.send)(Pm(id="x", text="late"))
    outflow.finish()
    assert answers.empty()
    # What the person wanted is not forgotten.
    assert [command.id for command in outflow.rest] == ([] if ask else ["x"])
