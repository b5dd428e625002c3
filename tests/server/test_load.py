"""A hundred clients in one room, and everybody talking at once."""

from __future__ import annotations

import selectors
from collections.abc import Iterator
from functools import cache
from itertools import count

import pytest

from schema.codec import decode, encode
from schema.framing import FrameReader, frame
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Broadcast, Message, Ok, Pm, Side
from server.service import Service
from tests.peer import PATIENCE, Peer

CLIENTS = 100
TALKERS = 20
MESSAGES = 10


@cache
def read_once(document: bytes) -> Message:
    """A hundred get the same octets."""
    return decode(document, Side.SERVER, guarded=False)


class Listener:
    """A client that is read from when there is something to read, and keeps what concerns messages."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.frames = FrameReader(MAX_SERVER_DOCUMENT)
        self.told: list[Broadcast] = []
        self.answers: dict[str, int] = {}

    def read(self) -> None:
        for document in self.frames.feed(self.peer.socket.recv(262_144)):
            assert isinstance(document, bytes)
            message = read_once(document)
            if isinstance(message, Broadcast):
                self.told.append(message)
            elif isinstance(message, Ok):
                assert message.seq is not None
                assert message.re not in self.answers
                self.answers[message.re] = message.seq


@pytest.fixture
def listeners(service: Service) -> Iterator[list[Listener]]:
    peers = [Peer.at(service.address) for _ in range(CLIENTS)]
    for number, peer in enumerate(peers):
        peer.login(f"user-{number}")
    for peer in peers:
        peer.sync()
    yield [Listener(peer) for peer in peers]
    for peer in peers:
        peer.close()


def talk(listeners: list[Listener]) -> None:
    """Twenty say ten things each, in turns; everyone reads meanwhile, until all have heard everything."""
    expected = TALKERS * MESSAGES
    ids = count(1)
    to_say = [
        (listener.peer, Pm(id=str(next(ids)), text=f"{turn} from {number}"))
        for turn in range(MESSAGES)
        for number, listener in enumerate(listeners[:TALKERS])
    ]
    with selectors.DefaultSelector() as ready:
        for listener in listeners:
            ready.register(listener.peer.socket, selectors.EVENT_READ, listener)
        while (
            any(len(listener.told) < expected for listener in listeners)
            or sum(len(listener.answers) for listener in listeners) < expected
        ):
            for peer, pm in to_say[:5]:
                peer.send_octets(frame(encode(pm)))
            del to_say[:5]
            events = ready.select(0 if to_say else PATIENCE)
            assert events or to_say, "It went silent before everything had come."
            for key, _ in events:
                key.data.read()


def test_every_message_reaches_each_client_once_and_in_order(listeners: list[Listener]) -> None:
    talk(listeners)
    expected = TALKERS * MESSAGES
    first = listeners[0].told
    assert [message.seq for message in first] == list(range(1, expected + 1))
    assert {message.text for message in first} == {f"{m} from {n}" for m in range(MESSAGES) for n in range(TALKERS)}
    for number, listener in enumerate(listeners):
        assert listener.told == first
        # Nothing comes after it: what is there now is the answer to the barrier.
        assert listener.peer.sync() == []
        # Each talker was answered with the numbers that everyone saw, in the order in which they said it.
        mine = [message for message in first if message.sender == f"user-{number}"]
        assert list(listener.answers.values()) == [message.seq for message in mine]
        assert [message.text for message in mine] == [f"{turn} from {number}" for turn in range(len(mine))]
        assert len(mine) == (MESSAGES if number < TALKERS else 0)
