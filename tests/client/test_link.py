from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from client import Unreachable, link
from client.link import Link
from schema.codec import encode
from schema.errors import Refusal
from schema.messages import Bye, Ping, Pong
from tests.client.fake_server import GREETING, Caller, octets
from tests.peer import PATIENCE

BYE = Bye(code="shutdown", reconnect=True, text="The server is stopping.")


class Pair:
    """A link and the other end of it."""

    def __init__(self) -> None:
        ours, self.theirs = socket.socketpair()
        self.theirs.settimeout(PATIENCE)
        self.link = Link(ours)
        self.link.patience(PATIENCE)
        self.other = Caller(self.theirs)


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    with pair.theirs:
        yield pair
        pair.link.close()


def test_documents_go_out_in_order(pair: Pair) -> None:
    for number in range(100):
        pair.link.send(encode(Ping(id=str(number))))
    assert [pair.other.hear() for _ in range(100)] == [Ping(id=str(number)) for number in range(100)]


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_documents_come_however_they_are_cut(pair: Pair, size: int) -> None:
    stream = octets(GREETING, Pong(re="1"), BYE)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(list, pair.link.received)
        for start in range(0, len(stream), size):
            pair.theirs.sendall(stream[start : start + size])
        pair.theirs.shutdown(socket.SHUT_WR)
        assert reading.result(PATIENCE) == [GREETING, Pong(re="1"), BYE]


def test_the_end_in_the_middle_of_a_frame_is_an_end(pair: Pair) -> None:
    pair.theirs.sendall(octets(GREETING, BYE)[:-1])
    pair.theirs.shutdown(socket.SHUT_WR)
    assert list(pair.link.received) == [GREETING]


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", octets(Ping(id="1")) + b"\0\0\0\x04<a/>"])
def test_what_cannot_be_read_is_raised_after_what_can(pair: Pair, said: bytes) -> None:
    pair.theirs.sendall(octets(GREETING) + said)
    assert next(pair.link.received) == GREETING
    with pytest.raises(Refusal):
        list(pair.link.received)


def test_silence_is_told_each_time_patience_ends_and_what_comes_then_is_there(pair: Pair) -> None:
    pair.link.patience(0.01)
    assert [next(pair.link.received), next(pair.link.received)] == [None, None]
    pair.theirs.sendall(octets(GREETING))
    assert next(one for one in pair.link.received if one is not None) == GREETING


def test_silence_in_the_middle_of_a_frame_loses_nothing(pair: Pair) -> None:
    whole = octets(GREETING)
    pair.link.patience(0.01)
    pair.theirs.sendall(whole[:20])
    assert next(pair.link.received) is None
    pair.theirs.sendall(whole[20:])
    assert next(one for one in pair.link.received if one is not None) == GREETING


def test_hanging_up_ends_whoever_reads(pair: Pair) -> None:
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(list, pair.link.received)
        pair.link.hang_up()
        assert reading.result(PATIENCE) == []


def test_closing_sends_what_is_queued_and_may_be_done_again(pair: Pair) -> None:
    for number in range(20):
        pair.link.send(encode(Ping(id=str(number))))
    pair.link.close()
    pair.link.close()
    assert [pair.other.hear() for _ in range(20)] == [Ping(id=str(number)) for number in range(20)]
    with pytest.raises(EOFError):
        pair.other.hear()


def test_closing_does_not_wait_for_one_who_takes_nothing(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "_LINGER", 0.05)
    for _ in range(100):
        pair.link.send(b"x" * 60_000)
    pair.link.close()


def test_one_who_takes_nothing_is_given_up_when_patience_ends(pair: Pair) -> None:
    pair.link.patience(0.05)
    for _ in range(100):
        pair.link.send(b"x" * 60_000)
    assert all(one is None for one in pair.link.received)


def test_sending_to_one_who_has_gone_ends_the_reader(pair: Pair) -> None:
    pair.theirs.close()
    pair.link.send(encode(Ping(id="1")))
    assert list(pair.link.received) == []


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 1), ("127.0.0.1", 70_000), ("no-such-host.invalid", 7700)])
def test_nobody_answers(host: str, port: int) -> None:
    with pytest.raises(Unreachable, match=f"^Nobody answers at {host}:{port}: .*[^.]\\.$"):
        Link.connect(host, port, PATIENCE)
