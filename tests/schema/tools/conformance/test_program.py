from __future__ import annotations

import select
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from schema.tools.conformance.check import Failed
from schema.tools.conformance.program import Program

pytestmark = pytest.mark.heavy

Start = Callable[[str], Program]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a Python program."""
    with ExitStack() as running:

        def begin(source: str) -> Program:
            command = [sys.executable, "-S", "-u", "-c", source]
            return running.enter_context(closing(Program(command, {"WORD": "hello"})))

        yield begin


def test_what_is_typed_is_read_and_what_it_says_is_kept(start: Start) -> None:
    program = start("import sys\nfor line in sys.stdin: print('heard', line)")
    program.type("eins ü")
    assert program.wait_for("heard eins ü", 10.0)
    assert program.output().count("heard") == 1


def test_it_finds_its_surroundings_and_stderr_is_output_too(start: Start) -> None:
    program = start("import os, sys; print(os.environ['WORD'], file=sys.stderr)")
    assert program.wait_for("hello\n", 10.0)


def test_its_end_wakes_whoever_waits(start: Start) -> None:
    program = start("print('the end')")
    ready, _, _ = select.select([program.ended], [], [], 10.0)
    assert ready
    assert not program.wait_for("more", 10.0)
    assert program.last_words() == "its last line was 'the end'"


def test_one_that_has_ended_takes_no_lines(start: Start) -> None:
    program = start("pass")
    select.select([program.ended], [], [], 10.0)
    program._process.wait(10.0)
    with pytest.raises(Failed, match="takes no more lines; it has written nothing"):
        program.type("hello")


def test_one_that_will_not_end_is_ended(start: Start) -> None:
    program = start("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('on')\nsignal.pause()")
    assert program.wait_for("on", 10.0)
    program.close()
    assert program._process.returncode == -9


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        Program(["/no/such/program"], {})
