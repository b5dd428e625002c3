"""A real server, real clients, and somebody between them who reads along and learns nothing."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from client import Client
from schema.messages import Broadcast, Direct, Pm
from tests.certificates import Certified
from tests.client.processes import talk
from tests.conftest import Connect, StartServer
from tests.wiretap import Ear, Wiretap

PASSWORD, PUBLIC, PRIVATE = "correct horse battery", "the eagle has landed", "meet me at the bridge"
NAMES = ("anna.of.the.north", "ben.of.the.south")
WORDS = (PASSWORD, PUBLIC, PRIVATE, *NAMES, "urn:xmlchat:1", "<broadcast", "<pm xmlns=")

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def only(version: str, tmp_path: Path) -> str:
    """Settings of OpenSSL for a process, by which it speaks this version only."""
    file = tmp_path / "openssl.cnf"
    file.write_text(
        "openssl_conf = conf\n[conf]\nssl_conf = ssl\n[ssl]\nsystem_default = limits\n"
        f"[limits]\nMinProtocol = TLSv{version}\nMaxProtocol = TLSv{version}\n"
    )
    return str(file)


@pytest.fixture
def wiretap(start_server: StartServer, certified: Certified) -> Iterator[Wiretap]:
    with Wiretap(start_server(*certified.options).tls_address, WORDS) as wiretap:
        yield wiretap


def test_nothing_of_a_conversation_can_be_read_on_the_way(
    wiretap: Wiretap, certified: Certified, connect: Connect, version: str, only: str
) -> None:
    ben = connect("ben.of.the.south", at=wiretap.address, tls=certified.trusting(VERSIONS[version]), password=PASSWORD)
    assert ben.socket.version() == f"TLSv{version}"  # type: ignore[attr-defined]
    arguments = ("--user", "anna.of.the.north", "--register", "--tls", "--ca", str(certified.ca))
    typed = f"{PUBLIC}\n/dm ben.of.the.south {PRIVATE}\n"
    done = talk(wiretap.address, *arguments, typed=typed, password=PASSWORD, OPENSSL_CONF=only)
    assert (done.returncode, done.stderr) == (0, "* Connected to xmlchat 0.1.0\n")
    assert PUBLIC in done.stdout
    assert ben.receive_until(Direct).text == PRIVATE
    ben.close()
    assert wiretap.found == set()
    assert wiretap.records["application_data"] > 10
    assert wiretap.octets > 4_000


def test_without_tls_all_of_it_can(start_server: StartServer) -> None:
    """The wiretap is not deaf."""
    with Wiretap(start_server().address, WORDS) as wiretap:
        arguments = ("--user", "anna.of.the.north", "--register")
        assert talk(wiretap.address, *arguments, typed=PUBLIC, password=PASSWORD).returncode == 0
    assert wiretap.found >= {"octets outside TLS"} | {f"the word {word.encode()!r}" for word in (PASSWORD, PUBLIC)}


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_word_is_found_and_a_record_followed_however_they_are_cut(size: int) -> None:
    stream = b"\x16\x03\x01\0\x0ahello anna\x17\x03\x03\0\x05xyzan\x17\x03\x03\0\x02na\x14\x03\x03\0\0"
    ear = Ear([b"ello anna", b"xyzan\x17\x03\x03"])
    for start in range(0, len(stream), size):
        ear.hear(stream[start : start + size])
    assert ear.found == {"the word b'ello anna'", "the word b'xyzan\\x17\\x03\\x03'"}
    assert ear.records == {"handshake": 1, "application_data": 2, "change_cipher_spec": 1}
    ear.hear(b"\0\0\0\x10<login/>")
    assert "octets outside TLS" in ear.found


def test_both_sides_talk_at_once_and_all_of_it_arrives(wiretap: Wiretap, certified: Certified, version: str) -> None:
    """Megabytes each way: what is sent comes back while more is still being sent."""
    texts = [f"{PUBLIC} {number} ".ljust(4_000, "x") for number in range(500)]
    with Client.connect(*wiretap.address, tls=certified.trusting(VERSIONS[version])) as chat:
        chat.login("anna.of.the.north", PASSWORD, register=True)
        for text in texts:
            chat.submit(Pm(id=chat.session.next_id(), text=text))
        chat.settle()
        chat.ex()
        assert [event.text for event in chat.events() if isinstance(event, Broadcast)] == texts
    assert wiretap.octets > 2 * 500 * 4_000
    assert wiretap.found == set()
