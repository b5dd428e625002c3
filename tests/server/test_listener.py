from __future__ import annotations

import resource
import socket
from collections.abc import Callable

import pytest

from server.doors import listen
from server.service import Service
from tests.conftest import Connect, Serve, ServerProcess
from tests.peer import PATIENCE, Peer


def lines(server: ServerProcess, word: str) -> int:
    return sum(f" {word} " in line for line in server.log.splitlines())


def until(true: Callable[[], bool], peer: Peer) -> None:
    """Waits until something is true; between two looks the server answers a ping, so this does not spin."""
    peer.socket.settimeout(PATIENCE)
    for _ in range(100_000):
        if true():
            return
        peer.sync()
    raise AssertionError("It never came true.")


def test_an_address_can_be_taken_again_at_once(serve: Serve, connect: Connect) -> None:
    """Connections that the server has just closed do not hold it."""
    first = serve()
    peer = connect(at=first.address)
    first.stop()
    peer.expect_bye("shutdown")
    listen(*first.address).close()


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_it_listens_on_ipv6_too(serve: Serve, connect: Connect) -> None:
    assert connect("anna", at=serve(host="::1").address).sync() is not None


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux to take descriptors from another process")
def test_without_descriptors_it_waits_and_goes_on_when_there_are_some(
    server_process: ServerProcess, connect: Connect
) -> None:
    early = connect(at=server_process.address)
    usual = resource.prlimit(server_process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server_process.pid, resource.RLIMIT_NOFILE, (3, usual[1]))
    late = socket.create_connection(server_process.address, PATIENCE)
    until(lambda: lines(server_process, "not-accepted") >= 2, early)
    # It pauses longer each time and does not eat a core: what happens meanwhile is answered.
    assert early.sync() == []
    resource.prlimit(server_process.pid, resource.RLIMIT_NOFILE, usual)
    assert late.recv(4)[0] == 0
    late.close()
    until(lambda: lines(server_process, "closed") == 1, early)
    assert server_process.stop() == 0
    assert "Traceback" not in server_process.log


def test_clients_that_are_gone_before_they_are_served_do_no_harm(service: Service, connect: Connect) -> None:
    for _ in range(50):
        socket.create_connection(service.address, PATIENCE).close()
    assert connect().login("anna").names == ("anna",)
