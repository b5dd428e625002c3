from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from client.lines import MAX_LINE, Lines
from tests.peer import PATIENCE


class Pipe:
    """What is written into it is there to read; `end` closes the writing side."""

    def __init__(self) -> None:
        self.reading, self._writing = os.pipe()
        self._ended = False

    def write(self, octets: bytes) -> None:
        os.write(self._writing, octets)

    def end(self) -> None:
        if not self._ended:
            self._ended = True
            os.close(self._writing)

    def close(self) -> None:
        self.end()
        os.close(self.reading)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    with closing(Pipe()) as pipe:
        yield pipe


@pytest.fixture
def lines(pipe: Pipe) -> Iterator[Lines]:
    with closing(Lines(pipe.reading)) as lines:
        yield lines


CASES = {
    "nothing": (b"", []),
    "a line": (b"hello\n", [b"hello"]),
    "the last without its end": (b"one\ntwo", [b"one", b"two"]),
    "empty lines": (b"\n\none\n", [b"", b"", b"one"]),
    "CR LF": (b"one\r\ntwo\r\n", [b"one", b"two"]),
    "a CR inside": (b"o\rne\n", [b"o\rne"]),
    "not UTF-8": (b"\xff\xfe\n\x00\n", [b"\xff\xfe", b"\x00"]),
    "other line ends": ("one\u2028two\x0bthree\x85\n".encode(), ["one\u2028two\x0bthree\x85".encode()]),
}


@pytest.mark.parametrize(("octets", "expected"), CASES.values(), ids=CASES)
def test_a_pipe_gives(pipe: Pipe, lines: Lines, octets: bytes, expected: list[bytes]) -> None:
    pipe.write(octets)
    pipe.end()
    assert list(lines) == expected


@pytest.mark.parametrize(("octets", "expected"), CASES.values(), ids=CASES)
def test_a_regular_file_gives(tmp_path: Path, octets: bytes, expected: list[bytes]) -> None:
    """Which epoll would refuse."""
    (tmp_path / "typed").write_bytes(octets)
    with (tmp_path / "typed").open("rb") as file, closing(Lines(file.fileno())) as lines:
        assert list(lines) == expected


def test_a_line_may_come_in_pieces(pipe: Pipe, lines: Lines) -> None:
    found = iter(lines)
    pipe.write(b"one\ntw")
    assert next(found) == b"one"
    pipe.write(b"o\nthr")
    assert next(found) == b"two"
    pipe.write(b"ee")
    pipe.end()
    assert list(found) == [b"three"]


def test_a_line_is_there_at_once(pipe: Pipe, lines: Lines) -> None:
    """Without waiting for more, or for the end."""
    found = iter(lines)
    for line in (b"one", b"two", b"three"):
        pipe.write(line + b"\n")
        assert next(found) == line


@pytest.mark.parametrize("length", [100_000, MAX_LINE, MAX_LINE + 1, 5 * MAX_LINE])
def test_a_line_may_be_longer_than_one_read_but_no_more_is_kept_than_can_be_sent(
    pipe: Pipe, lines: Lines, length: int
) -> None:
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(list, lines)
        for start in range(0, length, 50_000):
            pipe.write(b"x" * min(50_000, length - start))
        pipe.write(b"\nnext\n")
        pipe.end()
        assert reading.result(PATIENCE) == [b"x" * min(length, MAX_LINE), b"next"]


def test_another_thread_can_stop_it(pipe: Pipe, lines: Lines) -> None:
    found: list[bytes] = []
    first = threading.Event()

    def read() -> None:
        for line in lines:
            found.append(line)
            first.set()

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        pipe.write(b"one\ntw")
        assert first.wait(PATIENCE)
        lines.stop()
        reading.result(PATIENCE)
    assert found == [b"one"]


def test_once_stopped_it_stays_so(pipe: Pipe, lines: Lines) -> None:
    lines.stop()
    lines.stop()
    pipe.write(b"one\n")
    assert list(lines) == []
    assert list(lines) == []
