"""A session as the tests of it drive it: real accounts that can be made to fail, and short words for what is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schema.errors import Refusal
from schema.messages import Login, Message
from server.accounts import Accounts
from server.hashing import Wanted, always
from server.session import Ask, Reply, Session

#: What makes a session, with changes to its Config.
OpenSession = Callable[..., Session]


class Book(Accounts):
    """Real accounts that may be made to fail, or to lose a race."""

    failure: Exception | None = None
    quicker: str | None = None

    def __contains__(self, name: str) -> bool:
        if self.failure:
            raise self.failure
        return super().__contains__(name)

    def register(
        self,
        name: str,
        password: str,
        *,
        invitation: str | None = None,
        role: str | None = None,
        wanted: Wanted = always,
    ) -> str | None:
        if self.quicker is not None:
            super().register(name, self.quicker)
        return super().register(name, password, invitation=invitation, role=role, wanted=wanted)


def said(outcomes: list[Reply | Ask]) -> Message | object:
    """The one thing that follows."""
    [outcome] = outcomes
    return outcome.message if isinstance(outcome, Reply) else outcome.request


def login(session: Session, id: str, name: str = "anna", password: str | None = None, register: bool = False) -> object:
    return said(session.receive(Login(id=id, name=name, password=password, register=register or None)))


def refused(session: Session, message: Message) -> Refusal:
    with pytest.raises(Refusal) as raised:
        session.receive(message)
    return raised.value


def code(session: Session, message: Message) -> tuple[str, str | None]:
    refusal = refused(session, message)
    return refusal.code.name, refusal.re
