from __future__ import annotations

import io
import os
import signal
import threading
from pathlib import Path

import pytest

from schema.tools.inputs.growing import Growing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"one ")
    return path


def test_what_is_written_later_is_read_too(path: Path) -> None:
    with io.BufferedReader(Growing(path)) as file:
        assert file.read1(100) == b"one "
        with path.open("ab") as writer:
            writer.write(b"two ")
        assert file.read1(100) == b"two "


def test_it_waits_for_what_is_not_there_yet(path: Path) -> None:
    with io.BufferedReader(Growing(path)) as file:
        found: list[bytes] = []
        reader = threading.Thread(target=lambda: found.append(file.read(8)))
        reader.start()
        with path.open("ab") as writer:
            writer.write(b"two ")
        reader.join(20)
        assert found == [b"one two "]


def test_an_interrupt_is_the_end_of_the_file(path: Path) -> None:
    with io.BufferedReader(Growing(path)) as file:
        assert file.read1(100) == b"one "
        timer = threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        assert file.read(100) == b""
        timer.join()
        assert file.read(100) == b""


def test_a_file_that_is_cut_off_meanwhile_is_told(path: Path) -> None:
    with io.BufferedReader(Growing(path)) as file:
        assert file.read1(100) == b"one "
        path.write_bytes(b"")
        with pytest.raises(OSError, match="cut off"):
            file.read1(100)
