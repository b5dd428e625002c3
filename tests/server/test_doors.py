from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.clock import SystemClock
from server.doors import Door, listen, open_doors
from server.errors import StartupError
from server.log import EventLog
from tests.certificates import Certified
from tests.conftest import MakeConfig

Doors = Callable[..., list[Door]]

needs_ipv6 = pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")


@pytest.fixture
def doors(config: MakeConfig) -> Iterator[Doors]:
    """Opens them, and closes them afterwards."""
    with contextlib.ExitStack() as opened:

        def open_them(**changes: Any) -> list[Door]:
            made = open_doors(config(**changes), EventLog("text", SystemClock()))
            for door in made:
                opened.enter_context(door.socket)
            return list(made)

        yield open_them


def test_a_free_port_is_taken() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.getsockname()[1] > 0


def test_an_address_in_use_is_a_sentence_with_the_address() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            StartupError, match=rf"Cannot listen on 127\.0\.0\.1:{port}: Address already in use\."
        ) as raised:
            listen("127.0.0.1", port)
    assert raised.value.status == 69


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.7", pytest.param("::1", marks=needs_ipv6)])
def test_on_this_machine_anything_goes(doors: Doors, certified: Certified, host: str) -> None:
    [plain] = doors(host=host)
    assert plain.certificate is None
    plain, tls = doors(host=host, **certified.settings)
    assert plain.address[0] == tls.address[0]
    assert plain.address[1] != tls.address[1]
    assert (plain.certificate is None, tls.certificate is None) == (True, False)


@pytest.mark.parametrize(("host", "loopback"), [("0.0.0.0", "127.0.0.1"), pytest.param("::", "::1", marks=needs_ipv6)])
def test_for_other_machines_only_tls_is_open(doors: Doors, certified: Certified, host: str, loopback: str) -> None:
    plain, tls = doors(host=host, **certified.settings)
    assert (plain.address[0], tls.address[0]) == (loopback, host)


@pytest.mark.parametrize("with_tls", [False, True])
def test_for_other_machines_without_tls_only_if_that_is_meant(
    doors: Doors, certified: Certified, with_tls: bool
) -> None:
    opened = doors(host="0.0.0.0", insecure_bind=True, **(certified.settings if with_tls else {}))
    assert {door.address[0] for door in opened} == {"0.0.0.0"}
    assert len(opened) == 1 + with_tls


@pytest.mark.parametrize("host", ["0.0.0.0", pytest.param("::", marks=needs_ipv6)])
def test_for_other_machines_without_tls_it_says_both_ways_out(doors: Doors, host: str) -> None:
    with pytest.raises(StartupError) as raised:
        doors(host=host)
    assert raised.value.status == 2
    assert str(raised.value).startswith(f"{host} can be reached from other machines, and passwords would travel")
    assert "--tls-port" in str(raised.value)
    assert "--insecure-bind" in str(raised.value)


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (["tls_cert"], "TLS needs --tls-cert too."),
        (["tls_key"], "TLS needs --tls-key too."),
        (["tls_cert", "tls_key"], "TLS needs --tls-cert and --tls-key too."),
        (["tls_port"], "no port for TLS. Give --tls-port."),
        (["tls_port", "tls_key"], "no port for TLS. Give --tls-port."),
    ],
)
def test_tls_with_something_left_out_says_what(
    doors: Doors, certified: Certified, left_out: list[str], said: str
) -> None:
    settings = {name: value for name, value in certified.settings.items() if name not in left_out}
    with pytest.raises(StartupError) as raised:
        doors(**settings)
    assert said in str(raised.value)
    assert raised.value.status == 78


def test_where_the_port_for_tls_is_taken_the_other_is_free_again(doors: Doors, certified: Certified) -> None:
    """The guard sees that nothing is left open."""
    with listen("127.0.0.1", 0) as taken, pytest.raises(StartupError, match="Cannot listen"):
        doors(**{**certified.settings, "tls_port": taken.getsockname()[1]})


@needs_ipv6
def test_a_door_is_written_as_people_write_it(doors: Doors, certified: Certified) -> None:
    plain, tls = doors(host="::1", **certified.settings)
    assert str(plain) == f"[::1]:{plain.address[1]}"
    assert str(tls) == f"[::1]:{tls.address[1]} (TLS)"
