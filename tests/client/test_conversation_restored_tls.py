"""The library across broken connections inside TLS: it comes back to the server that it knows, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from client import Client, Disconnected, Unverified
from client.events import LinkDown, LinkUp
from schema.messages import Broadcast
from server.service import Service
from tests.certificates import Certified
from tests.client.listening import until
from tests.client.proxy import Proxy
from tests.conftest import Serve

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def service(serve: Serve, certified: Certified) -> Service:
    return serve(**certified.settings)


@pytest.fixture
def proxy(service: Service) -> Iterator[Proxy]:
    with Proxy(service.tls_address) as proxy:
        yield proxy


@pytest.fixture
def alice(proxy: Proxy, certified: Certified) -> Iterator[Client]:
    with Client.connect(*proxy.address, tls=certified.trusting()) as alice:
        alice.login("alice", "correct horse", register=True)
        yield alice


def test_it_comes_back_and_gets_what_it_missed(proxy: Proxy, service: Service, alice: Client) -> None:
    with Client.connect(*service.address) as bob:
        bob.login("bob", "correct horse", register=True)
        for number in range(3):
            bob.pm(f"bob {number}")
            proxy.cut()
            until(alice, LinkUp)
            alice.pm(f"alice {number}")
        bob.ex()
        alice.ex()
        heard = [event.text for event in bob.events() if isinstance(event, Broadcast)]
        assert heard == [f"{name} {number}" for number in range(3) for name in ("bob", "alice")]


def test_it_does_not_come_back_to_a_server_that_nobody_vouches_for(
    proxy: Proxy, serve: Serve, alice: Client, tmp_path: Path
) -> None:
    """Somebody on the way answers in place of the server."""
    impostor = serve(data=tmp_path / "impostor", **Certified(tmp_path, trustme.CA()).settings)
    proxy.upstream = impostor.tls_address
    proxy.cut()
    until(alice, LinkDown)
    with pytest.raises(Unverified, match="signed by nobody"):
        list(alice.events())
    with pytest.raises(Unverified):
        alice.pm("a secret")


def test_it_does_not_come_back_without_tls(proxy: Proxy, service: Service, alice: Client) -> None:
    proxy.upstream = service.address
    proxy.cut()
    until(alice, LinkDown)
    with pytest.raises(Exception, match="speaks xmlchat without TLS"):
        list(alice.events())


def test_it_tries_again_where_nobody_answers_yet(proxy: Proxy, service: Service, alice: Client) -> None:
    nobody, somebody = ("127.0.0.1", 1), proxy.upstream
    proxy.upstream = nobody
    proxy.cut()
    until(alice, LinkDown)
    assert alice.coming_back
    proxy.upstream = somebody
    until(alice, LinkUp)
    assert alice.pm("hello").seq == 1


def test_asked_not_to_it_does_not_come_back(proxy: Proxy, certified: Certified) -> None:
    with Client.connect(*proxy.address, tls=certified.trusting(), retry_for=0) as bob:
        bob.login("bob", "correct horse", register=True)
        proxy.cut()
        with pytest.raises(Disconnected, match="gone away"):
            list(bob.events())
