"""A client that sends ever new names does not make the server grow, as the system counts its memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from schema.messages import NAMESPACE, Error, Pong
from tests.conftest import Connect, ServerProcess
from tests.peer import Peer

#: Documents sent, and before them some for the server to take the memory that it needs anyway.
MANY, FIRST = 300, 40

#: KiB. What is kept of a connection is worth 1.5 MiB; without a limit these documents left 12 to 40 MiB behind.
MOST = 10 * 1024


def resident(pid: int) -> int:
    """KiB of memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4


def with_new_names(number: int) -> str:
    names = "".join(f"<n{number}x{i}/>" for i in range(4_000))
    return f'<ping xmlns="{NAMESPACE}" id="1"><ext><b xmlns="urn:b">{names}</b></ext></ping>'


def with_new_attributes(number: int) -> str:
    tags = "".join(f'<a n{number}x{i}="" m{number}x{i}=""/>' for i in range(1_500))
    return f'<ping xmlns="{NAMESPACE}" id="1"><ext><b xmlns="urn:b">{tags}</b></ext></ping>'


def with_new_white_space(number: int) -> str:
    spaces = (f"{number * 600 + i:050b}".translate({48: 32, 49: 9}) for i in range(600))
    tags = "".join(f'<b xmlns="urn:b"/>{space}' for space in spaces)
    return f'<ping xmlns="{NAMESPACE}" id="1"><ext>{tags}</ext></ping>'


def with_a_refused_name(number: int) -> str:
    names = "".join(f"<n{number}x{i}/>" for i in range(4_000))
    return f'<ping xmlns="{NAMESPACE}" id="1">{names}</ping>'


def with_a_refused_value(number: int) -> str:
    return f'<ping xmlns="{NAMESPACE}" id="{number}{"-" * 50_000}!"/>'


def exchange(peer: Peer, document: str) -> None:
    octets = document.encode()
    peer.send_octets((len(octets) + 4).to_bytes(4, "big") + octets)
    assert isinstance(peer.receive(), Pong | Error)


@pytest.mark.heavy
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    "make", [with_new_names, with_new_attributes, with_new_white_space, with_a_refused_name, with_a_refused_value]
)
def test_the_server_does_not_grow(
    make: Callable[[int], str], start_server: Callable[..., ServerProcess], tmp_path: Path, connect: Connect
) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text("refusals = 1000\nrate = 0\n")
    server = start_server("--config", str(settings))
    peer = connect("anna", at=server.address)
    peer.sync()
    for number in range(FIRST):
        exchange(peer, make(number))
    before = resident(server.pid)
    for number in range(FIRST, FIRST + MANY):
        exchange(peer, make(number))
    grown = resident(server.pid) - before
    assert grown < MOST
    assert connect("ben", at=server.address).sync() is not None
