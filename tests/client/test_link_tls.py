"""A link inside TLS, and the other end of it in the test's hands."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from client.link import Link
from schema.codec import decode, encode
from schema.errors import Refusal
from schema.framing import FrameReader
from schema.messages import Bye, Message, Ping, Pong, Side
from schema.tls import Tls, server_context
from tests.certificates import Certified
from tests.client.fake_server import GREETING, octets
from tests.cuts import reset
from tests.peer import PATIENCE

BYE = Bye(code="shutdown", reconnect=True, text="The server is stopping.")


class Pair:
    """A link and the other end of it, with the handshake done and the greeting come right behind it."""

    def __init__(self, certified: Certified, version: ssl.TLSVersion | None) -> None:
        client, self.engine = (
            Tls(certified.trusting(version), "localhost"),
            Tls(server_context(certified.cert, certified.key)),
        )
        client.shake_hands()
        while not (client.established and self.engine.established):
            self.engine.receive(client.take())
            early = client.receive(self.engine.take())
        self.engine.seal(octets(GREETING))
        early = client.receive(self.engine.take())
        ours, self.theirs = socket.socketpair()
        self.theirs.settimeout(PATIENCE)
        self.link = Link(ours, client, early)
        self.link.patience(PATIENCE)
        self._frames = FrameReader()
        self._heard: list[Message] = []

    def say(self, *said: Message | bytes) -> None:
        self.engine.seal(octets(*said))
        self.theirs.sendall(self.engine.take())

    def hear(self) -> Message:
        """The next thing the link sends. Raises EOFError at the end."""
        while not self._heard:
            came = self.theirs.recv(65_536)
            if not came:
                raise EOFError
            for found in self._frames.feed(self.engine.receive(came)):
                assert not isinstance(found, Refusal)
                self._heard.append(decode(found, Side.CLIENT))
        return self._heard.pop(0)


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def pair(request: pytest.FixtureRequest, certified: Certified) -> Iterator[Pair]:
    pair = Pair(certified, request.param)
    with pair.theirs:
        yield pair
        pair.link.close()


def test_what_came_behind_the_handshake_is_received_first(pair: Pair) -> None:
    pair.say(BYE)
    assert next(pair.link.received) == GREETING
    assert next(pair.link.received) == BYE


def test_documents_go_both_ways_at_once(pair: Pair) -> None:
    """A thread of the test reads what the link sends, while the link reads what the test sends."""
    count = 300
    with ThreadPoolExecutor(2) as pool:
        lock = threading.Lock()

        def talk() -> None:
            for number in range(count):
                with lock:
                    pair.engine.seal(octets(Pong(re=str(number))))
                    sealed = pair.engine.take()
                pair.theirs.sendall(sealed)

        def listen() -> list[str]:
            frames, heard = FrameReader(), list[str]()
            while len(heard) < count:
                came = pair.theirs.recv(65_536)
                with lock:
                    opened = pair.engine.receive(came)
                heard += [str(found) for found in frames.feed(opened)]
            return heard

        talking, listening = pool.submit(talk), pool.submit(listen)
        for number in range(count):
            pair.link.send(encode(Ping(id=str(number))))
        assert next(pair.link.received) == GREETING
        received = [next(pair.link.received) for _ in range(count)]
        talking.result(PATIENCE)
        heard = listening.result(PATIENCE)
    assert received == [Pong(re=str(number)) for number in range(count)]
    assert heard == [str(encode(Ping(id=str(number)))) for number in range(count)]


def test_closing_sends_what_is_queued_and_then_that_there_is_no_more(pair: Pair) -> None:
    for number in range(20):
        pair.link.send(encode(Ping(id=str(number))))
    pair.link.close()
    assert [pair.hear() for _ in range(20)] == [Ping(id=str(number)) for number in range(20)]
    with pytest.raises(EOFError):
        pair.hear()
    assert pair.engine.ended


@pytest.mark.parametrize("says_so", [True, False], ids=["close_notify", "closed only"])
def test_either_end_of_the_stream_ends_what_is_received(pair: Pair, says_so: bool) -> None:
    if says_so:
        pair.engine.seal(octets(BYE))
        pair.engine.close()
        pair.theirs.sendall(pair.engine.take())
    else:
        pair.say(BYE)
        pair.theirs.shutdown(socket.SHUT_WR)
    assert list(pair.link.received) == [GREETING, BYE]


def test_silence_in_the_middle_of_a_record_loses_nothing(pair: Pair) -> None:
    pair.link.patience(0.01)
    pair.engine.seal(octets(BYE))
    sealed = pair.engine.take()
    pair.theirs.sendall(sealed[:10])
    assert next(pair.link.received) == GREETING
    assert next(pair.link.received) is None
    pair.theirs.sendall(sealed[10:])
    assert next(one for one in pair.link.received if one is not None) == BYE


def test_a_record_that_was_changed_on_the_way_is_a_broken_connection_which_is_made_again(pair: Pair) -> None:
    pair.engine.seal(octets(BYE))
    damaged = bytearray(pair.engine.take())
    damaged[-1] ^= 1
    pair.theirs.sendall(damaged)
    assert next(pair.link.received) == GREETING
    with pytest.raises(ConnectionError, match="bad record mac"):
        next(pair.link.received)


def test_only_what_goes_to_another_machine_in_clear_is_in_clear(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told apart by the address that the socket is connected to, for which the test says that it is far away."""
    assert not pair.link.in_clear
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        near = Link.connect(host, port, PATIENCE)
        monkeypatch.setattr("client.link.is_loopback", lambda address: address != "127.0.0.1")
        far = Link.connect(host, port, PATIENCE)
    assert (near.in_clear, far.in_clear) == (False, True)
    near.close()
    far.close()


def test_a_link_that_is_reset_while_it_sends_ends(pair: Pair) -> None:
    reset(pair.theirs)
    pair.link.send(encode(Ping(id="1")))
    assert list(pair.link.received) == [GREETING]
