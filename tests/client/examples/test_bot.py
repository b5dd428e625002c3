from __future__ import annotations

import subprocess
import sys

import pytest

from schema.messages import Direct
from server.service import Service
from tests.client.conftest import Enter
from tests.client.processes import ROOT, SOON, surroundings


@pytest.mark.heavy
def test_it_answers_whoever_writes_to_it(service: Service, enter: Enter) -> None:
    host, port = service.address
    alice = enter("alice")
    command = [sys.executable, "-m", "client.examples.bot", host, str(port), "echo"]
    with subprocess.Popen(command, cwd=ROOT, env=surroundings("correct horse"), stderr=subprocess.PIPE) as bot:
        try:
            users = (event for event in alice.events() if event.element == "users")
            assert any("echo" in str(event) for event in users)
            alice.dm("echo", "hello")
            heard = (event for event in alice.events() if isinstance(event, Direct) and event.sender == "echo")
            assert next(heard).text == "you said: hello"
        finally:
            bot.kill()
            bot.wait(SOON)
