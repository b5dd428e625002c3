from __future__ import annotations

import re

import pytest

import client
from client import Disconnected, Refused, ServerFault, Unreachable, errors
from client.commands import Mistyped
from client.consent import Declined
from client.kept import Damaged
from client.trust import BadAuthorities
from schema.errors import ChatError
from schema.messages import Bye, Error

ERROR = Error(code="no-such-user", action="modify", text="There is no user bbo.")
BYE = Bye(code="shutdown", reconnect=True, text="The server is stopping.")


def test_the_tree_of_exceptions_is_the_real_one() -> None:
    assert errors.__doc__ is not None
    real = {error.__name__ for error in ChatError.__subclasses__() if error.__module__.startswith("client.")}
    assert {Declined.__name__, Damaged.__name__, BadAuthorities.__name__} < real
    assert set(re.findall(r"[├└]── (\w+)", errors.__doc__)) == real


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Unreachable("Nobody answers."), "Nobody answers."),
        (Disconnected("The server has gone away."), "The server has gone away."),
        (Disconnected(BYE.text, BYE), "The server is stopping."),
        (ServerFault("The server broke the protocol."), "The server broke the protocol."),
        (Refused(ERROR), "There is no user bbo."),
        (Mistyped("Usage: /ex"), "Usage: /ex"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_reads_as_a_sentence(error: ChatError, sentence: str) -> None:
    assert str(error) == sentence


def test_an_error_carries_what_the_server_said() -> None:
    assert Refused(ERROR).error is ERROR
    assert Disconnected(BYE.text, BYE).bye is BYE
    assert Disconnected("The server has gone away.").bye is None


@pytest.mark.parametrize("name", client.__all__)
def test_the_library_offers(name: str) -> None:
    assert getattr(client, name).__name__ == name


def test_the_library_offers_nothing_else() -> None:
    with pytest.raises(AttributeError, match="'Session'"):
        _ = client.Session
