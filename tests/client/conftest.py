"""Clients that are logged in, and terminals."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import pytest

from client import Client, conversation
from server.service import Service
from tests.client.terminals import Terminal
from tests.conftest import home

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


Open = Callable[..., Terminal]


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Open]:
    opened: list[Terminal] = []

    def start(
        address: tuple[str, int] | None,
        *arguments: str,
        password: str | None = None,
        size: tuple[int, int] = (80, 24),
        script: str = "{}",
        **more: str,
    ) -> Terminal:
        more = home(tmp_path / "home") | more
        opened.append(Terminal(address, *arguments, password=password, size=size, script=script, **more))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.child.close(force=True)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that comes back does not wait: how long it would is the business of test_backoff."""
    monkeypatch.setattr(conversation, "delays", lambda chance: repeat(0.01))


@pytest.fixture
def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
