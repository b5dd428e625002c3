"""Every document of a server cut at every octet, by a FIN, a RST or silence: the client sees no part of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import cycle

import pytest

from client.link import Link
from schema.codec import encode
from schema.framing import frame
from schema.messages import Message, Side
from tests.cuts import FIN, RST, SILENCE, WAYS, reset
from tests.examples import MESSAGE_OF_EACH
from tests.peer import PATIENCE

OF_SERVERS = [message for message in MESSAGE_OF_EACH if Side.SERVER in message.senders]


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener


@pytest.mark.parametrize("ways", WAYS)
@pytest.mark.parametrize("message", OF_SERVERS, ids=lambda message: message.element)
def test_a_part_of_it_is_not_seen(listener: socket.socket, message: Message, ways: tuple[str, ...]) -> None:
    octets = frame(encode(message))
    for cut, how in zip(range(len(octets) + 1), cycle(ways), strict=False):
        host, port = listener.getsockname()
        link = Link.connect(host, port, PATIENCE)
        server, _ = listener.accept()
        with closing(link), closing(server):
            server.sendall(octets[:cut])
            if how == SILENCE:
                if cut < len(octets):
                    link.patience(0.0005)
                    assert next(link.received) is None
                # What is missing may still come.
                link.patience(PATIENCE)
                server.sendall(octets[cut:])
                assert next(link.received) == message
                continue
            if how == RST:
                reset(server)
            server.close()
            came: list[Message | None] = []
            with suppress(ConnectionResetError):
                came.extend(link.received)
            # A reset may overtake what is whole.
            assert came == ([message] if cut == len(octets) and (came or how == FIN) else [])
