"""Somebody at the full screen."""

from __future__ import annotations

import re

import pytest

from client import Client
from server.service import Service
from tests.client.conftest import Open
from tests.client.terminals import Terminal


def untimed(screen: str) -> str:
    """A screen with every time as 12:00 and every day as the same one."""
    text = re.sub(r"\b\d\d:\d\d\b", "12:00", screen)
    return re.sub(r"─+ \w+, \d+ \w+ \d+ ─+", lambda rule: " a day ".center(len(rule[0]), "─"), text)


def said(screen: str) -> str:
    """The messages that are on a screen, in one line: without the lists at the sides, and where rows end."""
    columns = [row.split("│") for row in screen.split("\n")]
    return " ".join(" ".join(row[1 if len(row) > 2 else 0] for row in columns).split())


def hears(client: Client, text: str) -> None:
    """Waits until a client gets a message."""
    assert any(getattr(event, "text", None) == text for event in client.events())


@pytest.fixture
def alice(service: Service, open_terminal: Open) -> Terminal:
    """Logged in, in the lobby, at a terminal of 80 by 24."""
    terminal = open_terminal(service.address, "--register", password="secret")
    terminal.until(lambda screen: "You are alice. Here:" in screen)
    return terminal
