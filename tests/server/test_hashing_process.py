from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from server import hashing_process
from server.hashing_process import Argon2, Argon2Process, Exhausted

COSTS = (1, 8, 1)


@pytest.fixture
def apart() -> Iterator[Argon2Process]:
    with closing(Argon2Process(*COSTS)) as argon2:
        yield argon2


def test_a_process_hashes_what_any_other_verifies(apart: Argon2Process) -> None:
    here = Argon2(*COSTS)
    for password in ("geheim", "", 'caf\u00e9\n"\\', "\N{GRINNING FACE}" * 128):
        assert here.matches(apart.hash(password), password)
        assert apart.matches(here.hash(password), password)
        assert not apart.matches(here.hash(password), password + " ")
    assert not apart.matches("no hash", "geheim")


def test_it_starts_with_the_first_hash_and_one_that_was_killed_is_replaced(apart: Argon2Process) -> None:
    assert apart.pid is None
    known = apart.hash("geheim")
    pid = apart.pid or 0
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(Exhausted):
        while True:
            # It may still answer what was asked before the signal came.
            apart.hash("geheim")
    assert apart.matches(known, "geheim")
    assert apart.pid not in (None, pid)


def test_where_no_process_can_be_started_it_is_exhausted(apart: Argon2Process, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(Exhausted):
            apart.hash("geheim")
    assert apart.hash("geheim")


def test_it_ends_with_its_input_however_the_server_ended() -> None:
    command = [sys.executable, "-P", hashing_process.__file__, *map(str, COSTS)]
    asked = json.dumps([None, "geheim"]) + "\n"
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=20, check=True)
    assert json.loads(done.stdout).startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert not done.stderr
