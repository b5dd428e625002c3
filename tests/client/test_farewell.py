from __future__ import annotations

import pytest

from client import Disconnected
from client.farewell import say_farewell
from schema.messages import Pm
from tests.client.conftest import Enter


def test_what_was_sent_is_answered_before_one_leaves(enter: Enter) -> None:
    alice, bob = enter("alice"), enter("bob")
    answers = [alice.submit(Pm(id=alice.session.next_id(), text=f"text {number}")) for number in range(20)]
    told: list[str] = []
    say_farewell(alice, told.append)
    assert all(answer.done() for answer in answers)
    assert told == []
    assert len(bob.history()) == 20


def test_where_the_conversation_has_ended_it_says_why(enter: Enter) -> None:
    alice = enter("alice")
    alice.close()
    with pytest.raises(Disconnected):
        say_farewell(alice, pytest.fail)
