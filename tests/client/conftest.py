"""Clients that are logged in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from client import Client
from server.service import Service

Enter = Callable[[str], Client]


@pytest.fixture
def enter(service: Service) -> Iterator[Enter]:
    """Connects and logs in under a name; the password is the name again."""
    with contextlib.ExitStack() as clients:

        def enter(name: str) -> Client:
            client = clients.enter_context(Client.connect(*service.address))
            client.login(name, name, register=True)
            return client

        yield enter
