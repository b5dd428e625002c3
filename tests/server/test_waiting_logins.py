"""Logins that wait for their turn to be hashed: nobody is cut for it, and who has left is not waited for."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

import pytest

from schema.messages import Bye, Login, Ping, Welcome
from server.service import Service
from tests.cheap_server import CHEAP
from tests.conftest import Connect, Serve
from tests.peer import PATIENCE, Peer

PASSWORD = "correct horse"


@pytest.fixture
def service(serve: Serve) -> Service:
    """It hashes one at a time, and is quick to end who is slow."""
    return serve(hashing=replace(CHEAP, at_once=1), login_within=0.3, ping_every=0.3)


@pytest.fixture
def hashed(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were compared."""
    hasher, found = service._accounts._hasher, list[str]()
    matches: Callable[[str, str], bool] = hasher._matches

    def noted(known: str, password: str) -> bool:
        found.append(password)
        return matches(known, password)

    monkeypatch.setattr(hasher, "_matches", noted)
    return found


@contextmanager
def occupied(service: Service) -> Iterator[None]:
    """Keeps the server from hashing anything."""
    begun, over = Event(), Event()

    def keep() -> bool:
        begun.set()
        return over.wait(PATIENCE)

    kept = service._accounts._hasher._threads.submit(keep)
    try:
        assert begun.wait(PATIENCE)
        yield
    finally:
        over.set()
        assert kept.result()


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ask(service: Service, peer: Peer, password: str = PASSWORD) -> None:
    """Logs in, and returns when the login waits for its turn."""
    queue = service._accounts._hasher._threads._work_queue
    before = queue.qsize()
    peer.send(Login(id="in", name="anna", password=password))
    wait_for(lambda: queue.qsize() > before)


def test_who_waits_is_not_cut_for_it(service: Service, connect: Connect) -> None:
    connect("anna").close()
    slow, anna = connect(), connect()
    with occupied(service):
        ask(service, anna)
        # One who does nothing is cut meanwhile, and had connected earlier.
        slow.receive_until(Bye)
        slow.expect_closed()
        [waiting] = [one for one in service._listener.connections() if not one.over and one._deadlines.busy]
        waiting.tick(time.monotonic() + 1_000)
    assert isinstance(anna.answer("in"), Welcome)


def test_a_guess_of_one_who_has_left_is_not_hashed(service: Service, connect: Connect, hashed: list[str]) -> None:
    connect("anna").close()
    with occupied(service):
        guesser, anna = connect(), connect()
        ask(service, guesser, "a guess")
        [left] = [one for one in service._listener.connections() if one._deadlines.busy]
        guesser.close()
        ask(service, anna)
        wait_for(lambda: not left._is_there())
    assert isinstance(anna.answer("in"), Welcome)
    assert hashed == [PASSWORD]


def test_who_has_only_closed_its_side_is_still_there(service: Service, connect: Connect, hashed: list[str]) -> None:
    connect("anna").close()
    anna = connect()
    with occupied(service):
        ask(service, anna)
        anna.socket.shutdown(socket.SHUT_WR)
        anna.receive_until(Ping, lambda ping: ping.id == "server-0")
    assert isinstance(anna.answer("in"), Welcome)
    assert hashed == [PASSWORD]
