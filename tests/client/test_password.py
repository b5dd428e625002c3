from __future__ import annotations

import pytest

from client import Client, Disconnected
from client.password import ask_passwords, change_password
from server.service import Service
from tests.client.conftest import Enter
from tests.client.people import Person


def test_the_new_one_is_asked_for_twice() -> None:
    alice = Person("old", "new", "nwe", "new", "new")
    assert ask_passwords(alice) == ("old", "new")
    assert alice.heard[0] == "Your password until now: "


def test_one_may_think_better_of_it() -> None:
    with pytest.raises(EOFError):
        ask_passwords(Person("old"))


@pytest.mark.parametrize(("old", "told", "holds"), [("alice", 1, "new secret"), ("wrong", 0, "alice")])
def test_it_is_changed_by_who_knows_it(service: Service, enter: Enter, old: str, told: int, holds: str) -> None:
    heard: list[str] = []
    change_password(enter("alice"), old, "new secret", heard.append)
    assert len(heard) == told
    with Client.connect(*service.address) as chat:
        chat.login("alice", holds)


def test_nothing_is_said_where_the_conversation_has_ended(enter: Enter) -> None:
    alice = enter("alice")
    alice.close()
    with pytest.raises(Disconnected):
        change_password(alice, "alice", "new secret", pytest.fail)
