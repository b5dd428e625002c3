"""A server to talk to, and clients that are logged in to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client import Client
from server.clock import SystemClock
from server.config import Config, Hashing
from server.log import EventLog
from server.service import Service

#: So cheap that a login costs a test nothing.
CHEAP = Hashing(passes=1, memory_kib=8, lanes=1)

Address = tuple[str, int]
Enter = Callable[[str], Client]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[Address]:
    """Where a server listens."""
    config = Config(data=tmp_path / "data", port=0, hashing=CHEAP)
    with Service(config, EventLog("text", SystemClock())) as service:
        yield service.address


@pytest.fixture
def enter(address: Address) -> Iterator[Enter]:
    """Connects and logs in under a name; the password is the name again."""
    with contextlib.ExitStack() as clients:

        def enter(name: str) -> Client:
            client = clients.enter_context(Client.connect(*address))
            client.login(name, name, register=True)
            return client

        yield enter
