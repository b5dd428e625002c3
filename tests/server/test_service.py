"""The server as a whole, in this process: how it starts and how it stops. The guard sees that nothing is left of it."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from schema.framing import frame
from schema.messages import Broadcast, Join, Login, Ok, Pm
from server.clock import SystemClock
from server.config import Hashing
from server.errors import StartupError
from server.log import EventLog
from server.service import Service
from tests.conftest import Connect, MakeConfig, Serve
from tests.peer import PATIENCE

#: What it promises, with some time for a busy machine.
STOPS_WITHIN = 5.0


@pytest.fixture
def log() -> EventLog:
    return EventLog("text", SystemClock())


def seconds_to_stop(service: Service) -> float:
    began = time.monotonic()
    service.stop()
    return time.monotonic() - began


def test_once_made_it_listens_and_once_started_it_serves(config: MakeConfig, log: EventLog, connect: Connect) -> None:
    service = Service(config(), log)
    waiting = socket.create_connection(service.address, PATIENCE)
    service.start()
    assert waiting.recv(1) == b"\0"
    waiting.close()
    service.stop()


def test_stopped_twice_or_never_started_it_is_stopped(config: MakeConfig, log: EventLog) -> None:
    Service(config(), log).stop()
    service = Service(config(), log)
    service.start()
    service.stop()
    service.stop()


def test_every_client_is_told_and_nobody_can_connect_any_more(serve: Serve, connect: Connect) -> None:
    service = serve()
    peers = [connect(at=service.address) for _ in range(3)]
    peers[0].login("anna")
    assert seconds_to_stop(service) < STOPS_WITHIN
    for peer in peers:
        assert peer.expect_bye("shutdown").reconnect
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(service.address, PATIENCE)


def test_what_was_sent_before_it_stopped_is_answered(serve: Serve, connect: Connect) -> None:
    service = serve()
    peer = connect("anna", at=service.address)
    for number in range(200):
        peer.send(Pm(id=f"m{number}", text="x" * 100))
    first = peer.answer("m0")
    service.stop()
    peer.expect_bye("shutdown")
    oks = {message.seq for message in (first, *peer.others) if isinstance(message, Ok)}
    told = {message.seq for message in peer.others if isinstance(message, Broadcast)}
    assert 1 in oks
    # What was answered was also told, and the other way round.
    assert oks == told


@pytest.mark.heavy
def test_it_stops_in_time_though_logins_wait_for_their_turn(serve: Serve, connect: Connect) -> None:
    """Ten seconds' work and more, which nobody is going to see."""
    service = serve(hashing=Hashing(at_once=1, waiting=120))
    peers = [connect(at=service.address) for _ in range(120)]
    for number, peer in enumerate(peers):
        peer.send(Login(id="1", name=f"user-{number}", password="geheim", register=True))
    # Whoever has been let in was the first of them.
    peers[0].answer("1")
    assert seconds_to_stop(service) < STOPS_WITHIN
    for peer in peers:
        peer.expect_bye("shutdown")


@pytest.mark.heavy
def test_it_stops_in_time_though_clients_read_nothing(serve: Serve, connect: Connect) -> None:
    """One is megabytes behind, one is in the middle of a frame, and fifty just sit there."""
    service = serve(outbox=32 * 1024 * 1024)
    slow, talker = connect("slow", at=service.address, window=4096), connect("talker", at=service.address)
    sitting = [connect(f"user-{number}", at=service.address) for number in range(50)]
    sitting[0].send_octets(frame(b"<pm")[:6])
    for peer in (slow, talker):
        peer.ask(Join(id="in", room="tea"))
    for number in range(2000):
        talker.send(Pm(id=f"m{number}", room="tea", text="x" * 4096))
    talker.receive_until(Ok, lambda ok: ok.re == "m1999")
    assert seconds_to_stop(service) < STOPS_WITHIN
    assert threading.active_count() == 1
    # It was behind indeed: it has not heard everything, and so no goodbye.
    slow.expect_closed()
    assert slow.others[-1].element == "broadcast"
    sitting[1].expect_bye("shutdown")


@pytest.mark.parametrize("name", ["accounts.db", "messages.db"])
def test_a_start_that_fails_leaves_nothing_open(config: MakeConfig, log: EventLog, data: Path, name: str) -> None:
    data.mkdir()
    (data / name).write_bytes(b"broken" * 1000)
    (data / name).chmod(0o600)
    for _ in range(2):
        with pytest.raises(StartupError, match=f"{name} is broken"):
            Service(config(), log)
    (data / name).unlink()
    with Service(config(), log):
        pass


def test_a_port_that_is_taken_leaves_the_folder_free(config: MakeConfig, log: EventLog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(StartupError, match="Cannot listen"):
        Service(config(port=taken.getsockname()[1]), log)
    with Service(config(), log):
        pass


def test_a_capture_that_is_there_leaves_everything_free(config: MakeConfig, log: EventLog, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(StartupError, match="exists already"):
            Service(config(capture=tmp_path), log)
    with Service(config(), log):
        pass


def test_as_a_context_manager_it_stops_by_itself(config: MakeConfig, log: EventLog, connect: Connect) -> None:
    with Service(config(), log) as service:
        peer = connect("anna", at=service.address)
    peer.expect_bye("shutdown")
