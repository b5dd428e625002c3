"""Real sockets on both sides; whoever stands between must not be felt."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest

from schema.messages import Pm, Side
from schema.tls import client_context
from schema.tools.line import Line
from schema.tools.tapping.backlog import Backlog, Closed, Happening, Octets, Opened, Unserved
from schema.tools.tapping.relay import Relay
from tests.certificates import Certified
from tests.conftest import Connect, Serve
from tests.peer import PATIENCE

Address = tuple[str, int]


class Tapped:
    """A relay, and what it has noted once it was stopped."""

    def __init__(self, relay: Relay, backlog: Backlog, address: Address) -> None:
        self.relay, self.backlog, self.address = relay, backlog, address
        self._noted: list[Happening] | None = None

    def stop(self) -> list[Happening]:
        if self._noted is None:
            self.relay.stop()
            self.backlog.end()
            self._noted = list(iter(self.backlog.get, None))
        return self._noted


Tap = Callable[..., Tapped]


@pytest.fixture
def tap() -> Iterator[Tap]:
    """Stands before the server at this address."""
    with contextlib.ExitStack() as running:

        def start(server: Address, certified: Certified | None = None) -> Tapped:
            listening = socket.create_server(("127.0.0.1", 0))
            backlog = Backlog()
            context = client_context(certified.ca) if certified else None
            relay = Relay(listening, "server", lambda: Line.connect(*server, PATIENCE, context), backlog)
            address = listening.getsockname()
            relay.start()
            tapped = Tapped(relay, backlog, address)
            running.callback(tapped.stop)
            return tapped

        yield start


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        listening.settimeout(PATIENCE)
        yield listening


Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def connected(tap: Tap, server: socket.socket) -> Iterator[Callable[[], Ends]]:
    """Makes both ends of connections through one relay."""
    tapped = tap(server.getsockname())
    with contextlib.ExitStack() as open_:

        def make() -> Ends:
            client = open_.enter_context(socket.create_connection(tapped.address, PATIENCE))
            far = open_.enter_context(server.accept()[0])
            far.settimeout(PATIENCE)
            return client, far

        yield make


def received(end: socket.socket) -> bytes:
    """All until the end of the stream."""
    return b"".join(iter(lambda: end.recv(65_536), b""))


def test_octets_go_through_as_they_are_and_each_direction_ends_by_itself(connected: Callable[[], Ends]) -> None:
    client, server = connected()
    there, back = os.urandom(3_000_000), os.urandom(2_000_000)

    def answer() -> None:
        came.append(received(server))
        # The client has ended its direction long ago, and still hears.
        server.sendall(back)
        server.shutdown(socket.SHUT_WR)

    came: list[bytes] = []
    answering = threading.Thread(target=answer)
    answering.start()
    client.sendall(there)
    client.shutdown(socket.SHUT_WR)
    assert received(client) == back
    answering.join(PATIENCE)
    assert came == [there]


def test_a_server_that_has_ended_its_direction_still_hears(connected: Callable[[], Ends]) -> None:
    client, server = connected()
    server.shutdown(socket.SHUT_WR)
    assert received(client) == b""
    client.sendall(b"still here")
    client.shutdown(socket.SHUT_WR)
    assert received(server) == b"still here"


@pytest.mark.parametrize("who", [0, 1], ids=["client", "server"])
def test_a_reset_comes_through_as_one(who: int, connected: Callable[[], Ends]) -> None:
    ends = connected()
    ends[who].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ends[who].close()
    with pytest.raises(ConnectionResetError):
        received(ends[1 - who])


def test_one_octet_is_passed_on_at_once(connected: Callable[[], Ends]) -> None:
    """Also where it is no frame and never will be."""
    client, server = connected()
    for octet in (b"G", b"\0", b"\xff"):
        client.sendall(octet)
        assert server.recv(9) == octet
        server.sendall(octet)
        assert client.recv(9) == octet


def test_many_connections_do_not_wait_for_each_other(connected: Callable[[], Ends]) -> None:
    ends = [connected() for _ in range(20)]
    for number, (client, server) in reversed(list(enumerate(ends))):
        client.sendall(b"%d" % number)
        assert server.recv(9) == b"%d" % number


def test_what_goes_by_is_noted_before_it_can_be_answered(tap: Tap, connect: Connect, serve: Serve) -> None:
    tapped = tap(serve().address)
    with connect("alice", at=tapped.address) as alice:
        for number in range(50):
            alice.publish(Pm(id=f"m{number}", text="Hello"))
    noted = [one for one in tapped.stop() if isinstance(one, Octets)]
    said = {side: b"".join(one.octets for one in noted if one.sender is side) for side in Side}
    assert said[Side.CLIENT].count(b"<pm ") == 50
    for number in range(50):
        asked = next(at for at, one in enumerate(noted) if b'id="m%d"' % number in one.octets)
        answered = next(at for at, one in enumerate(noted) if b're="m%d"' % number in one.octets)
        assert asked < answered


def test_a_connection_is_told_from_its_beginning_to_its_end(tap: Tap, server: socket.socket) -> None:
    tapped = tap(server.getsockname())
    with socket.create_connection(tapped.address, PATIENCE) as client:
        name = f"127.0.0.1:{client.getsockname()[1]}"
        far, _ = server.accept()
        far.close()
        assert received(client) == b""
    # The end of the thread, and so that of the connection, is waited for.
    for passage in tapped.relay._passages:
        passage.thread.join(PATIENCE)
    opened, closed = tapped.stop()
    assert isinstance(opened, Opened)
    assert (opened.connection, opened.client, opened.server) == (1, name, "server")
    assert isinstance(closed, Closed)
    assert closed.seen


def test_stopped_it_cuts_what_is_connected(tap: Tap, server: socket.socket) -> None:
    tapped = tap(server.getsockname())
    with socket.create_connection(tapped.address, PATIENCE) as client, server.accept()[0] as far:
        client.sendall(b"x")
        assert far.recv(9) == b"x"
        happened = tapped.stop()
        assert received(client) == received(far) == b""
    assert isinstance(happened[-1], Closed)
    assert not happened[-1].seen


def test_where_nobody_answers_the_client_is_let_go_and_the_next_may_be_luckier(tap: Tap) -> None:
    # Bound, the port is ours; nobody answers there until it listens.
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        tapped = tap(listening.getsockname())
        with pytest.raises(ConnectionResetError), socket.create_connection(tapped.address, PATIENCE) as client:
            received(client)
        listening.listen()
        with socket.create_connection(tapped.address, PATIENCE) as client, listening.accept()[0] as far:
            far.sendall(b"welcome")
            assert client.recv(9) == b"welcome"
            first = tapped.stop()[0]
    assert isinstance(first, Unserved)
    assert first.reason.startswith("Nobody answers at 127.0.0.1:")


def test_a_server_inside_tls_is_seen_in_clear(tap: Tap, connect: Connect, serve: Serve, certified: Certified) -> None:
    service = serve(**certified.settings)
    assert service.tls_address is not None
    tapped = tap(service.tls_address, certified)
    text = "x" * 4_000
    with connect("alice", at=tapped.address) as alice:
        for number in range(100):
            alice.send(Pm(id=str(1000 + number), text=text))
        for number in range(100):
            alice.answer(str(1000 + number))
    octets = b"".join(one.octets for one in tapped.stop() if isinstance(one, Octets) and one.sender is Side.CLIENT)
    assert octets.count(text.encode()) == 100
