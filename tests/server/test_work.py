"""What a message costs, counted and not timed: these hold on the slowest machine, and break when work is done twice.

Each says what never is exceeded. That a busy server gathers messages, and so does less, is left to the benchmark.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from schema import codec
from schema.codec import encode
from schema.framing import frame
from schema.messages import Broadcast, Message, Ok, Pm, Who
from server.journal import Journal
from server.requests import Request
from server.rooms import Member
from server.service import Service
from server.store import Store
from tests.chaos.target import Target
from tests.conftest import Connect
from tests.peer import PATIENCE, Peer

BURST = 25


@dataclass
class Ledger:
    """What was done since the last `clear`. Appending to a list is atomic, so threads need no lock for it."""

    decoded: list[type] = field(default_factory=list)
    encoded: list[type] = field(default_factory=list)
    #: The names of root elements.
    validated: list[str] = field(default_factory=list)

    def clear(self) -> None:
        for entries in (self.decoded, self.encoded, self.validated):
            entries.clear()


class CountedSchema:
    """A schema that writes down what it validates."""

    def __init__(self, schema: etree.XMLSchema, validated: list[str]) -> None:
        self._schema = schema
        self._validated = validated

    def validate(self, root: etree._Element) -> bool:
        self._validated.append(etree.QName(root).localname)
        return self._schema.validate(root)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._schema, name)


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Counts what servers of this process decode and encode, and all that is validated, by whichever module."""
    ledger = Ledger()
    decode = codec.decode

    def counted_decode(*given: Any, **named: Any) -> Message:
        message = decode(*given, **named)
        ledger.decoded.append(type(message))
        return message

    def counted_encode(message: Message) -> bytes:
        ledger.encoded.append(type(message))
        return encode(message)

    for name, module in list(sys.modules.items()):
        if name.startswith("server."):
            for one, counted in (("decode", counted_decode), ("encode", counted_encode)):
                if getattr(module, one, None) is getattr(codec, one):
                    monkeypatch.setattr(module, one, counted)
        elif name.startswith("schema."):
            for attribute, value in list(vars(module).items()):
                if isinstance(value, etree.XMLSchema):
                    monkeypatch.setattr(module, attribute, CountedSchema(value, ledger.validated))
    return ledger


def enter(connect: Connect, count: int, **more: Any) -> list[Peer]:
    """So many are in the lobby, and have been told all about it."""
    peers = [connect(f"user-{number}", **more) for number in range(count)]
    for peer in peers:
        peer.sync()
    return peers


#: Made before anything is counted.
FRAMES = [frame(encode(Pm(id=f"{number}", text=f"message {number}"))) for number in range(BURST)]


def hear(peer: Peer, wanted: bytes, count: int) -> None:
    """Reads until so many documents have come that begin like this, without decoding what comes."""
    octets = b""
    while octets.count(wanted) < count:
        more = peer.socket.recv(65_536)
        assert more, "The server closed the connection."
        octets += more


@pytest.mark.parametrize("members", [2, 20])
def test_a_message_is_read_and_written_once_however_many_hear_it(
    ledger: Ledger, members: int, service: Service, connect: Connect
) -> None:
    author, *others = enter(connect, members)
    ledger.clear()
    author.send_octets(b"".join(FRAMES))
    hear(author, b"<ok ", BURST)
    for other in others:
        hear(other, b"<broadcast ", BURST)
    assert Counter(ledger.decoded)[Pm] == BURST
    assert Counter(ledger.encoded)[Broadcast] == BURST
    assert Counter(ledger.encoded)[Ok] == BURST
    validated = Counter(ledger.validated)
    assert (validated["pm"], validated["broadcast"], validated["ok"]) == (BURST, BURST, BURST)


class SlowDisk:
    """The first write waits until an author has so many commands queued behind it, as it would on a busy disk."""

    def __init__(self, author: str, commands: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes: list[int] = []
        self.busy = threading.Event()
        self._queued: list[Request] = []
        self._all_queued = threading.Event()
        submit, write = Journal.submit, Store.write

        def counted_submit(journal: Journal, member: Member, *requests: Request) -> None:
            submit(journal, member, *requests)
            if member.name != author:
                return
            self._queued += requests
            if len(self._queued) == commands:
                self._all_queued.set()

        def slow_write(store: Store, rows: Any, places: Any) -> int:
            self.busy.set()
            assert self._all_queued.wait(PATIENCE)
            self.writes.append(len(rows))
            return write(store, rows, places)

        monkeypatch.setattr(Journal, "submit", counted_submit)
        monkeypatch.setattr(Store, "write", slow_write)


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What each send of this process carried that holds a message for everyone."""
    carried: list[bytes] = []
    send = socket.socket.send

    def counted_send(connected: socket.socket, octets: bytes, *flags: int) -> int:
        if b"<broadcast " in octets:
            carried.append(octets)
        return send(connected, octets, *flags)

    monkeypatch.setattr(socket.socket, "send", counted_send)
    return carried


def test_what_gathers_while_the_disk_is_busy_is_one_commit_and_one_send_to_each(
    service: Service, connect: Connect, sends: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    members = 10
    first, author, *others = enter(connect, members)
    disk = SlowDisk("user-1", BURST, monkeypatch)
    first.send_octets(FRAMES[0])
    assert disk.busy.wait(PATIENCE)
    author.send_octets(b"".join(FRAMES))
    for peer in (first, author, *others):
        hear(peer, b"<broadcast ", 1 + BURST)
    assert disk.writes == [1, BURST]
    assert len(sends) == 2 * members
    assert sum(octets.count(b"<broadcast ") for octets in sends) == (1 + BURST) * members


#: A call that begins; those that end later have another line for it.
_CALL = re.compile(r"\d+ +(\w+)\(")

_SYNCS = {"fsync", "fdatasync"}
_SENDS = {"sendto", "sendmsg"}

#: What threads do to wait for each other and for something to do. How often depends on which of them is quicker: the
#: octet that wakes the delivery thread is sent and read, and the selector asked, once for each member at the most.
_WAITING = {"futex", "epoll_wait", "poll", "ppoll", "select", "pselect6", "sched_yield", "restart_syscall"}


class Traced:
    """A server of its own process under strace, with so many in its lobby, of whom the first speaks."""

    def __init__(self, target: Target, trace: Path, connect: Connect, members: int) -> None:
        self._target = target
        self._trace = trace
        self.peers = enter(connect, members, at=target.address)
        # The first message finds an empty log, which has to be begun.
        self.say(frame(encode(Pm(id="first", text="first"))), 1)
        self.author.ask(Who(id="begin"))

    @property
    def author(self) -> Peer:
        return self.peers[0]

    def say(self, octets: bytes, messages: int) -> None:
        """Sends messages together, and returns when everybody has them and their author the answers."""
        self.author.send_octets(octets)
        for peer in self.peers:
            for _ in range(messages):
                peer.receive_until(Broadcast)
        for _ in range(messages):
            self.author.receive_until(Ok)

    def calls(self) -> list[str]:
        """Stops the server; its system calls since the first message, as strace writes them."""
        # The answer is sent after everything else, by the same thread.
        self.author.sync()
        self.author.ask(Who(id="end"))
        self._target.stop()
        lines = self._trace.read_text(errors="replace").splitlines()
        begin, end = (
            next(number for number, line in enumerate(lines) if f'id=\\"{id}\\"' in line) for id in ("begin", "end")
        )
        return [line for line in lines[begin + 1 : end] if _CALL.match(line)]


@pytest.fixture
def traced(tmp_path: Path, connect: Connect) -> Iterator[Callable[[int], Traced]]:
    trace = tmp_path / "trace"
    wrapper = ["strace", "-f", "-qq", "-s", "400", "-e", "signal=none", "-o", str(trace)]
    with contextlib.ExitStack() as running:

        def start(members: int) -> Traced:
            users = [f"user-{number}" for number in range(members)]
            target = Target(tmp_path, users, wrapper, users_every=3600, ping_every=3600)
            return Traced(running.enter_context(target), trace, connect, members)

        yield start


def name_of(call: str) -> str:
    found = _CALL.match(call)
    assert found is not None
    return found[1]


def carrying(calls: list[str]) -> int:
    """How many of the calls send messages to somebody in the room."""
    return sum(name_of(call) in _SENDS and "<broadcast " in call for call in calls)


@pytest.mark.heavy
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_a_delivery_is_one_system_call_and_a_message_one_sync(traced: Callable[[int], Traced]) -> None:
    """Message by message, so that nothing can gather: the most that a message may cost."""
    members, messages = 40, 10
    server = traced(members)
    for octets in FRAMES[:messages]:
        server.say(octets, 1)
    found = server.calls()
    deliveries = members * messages
    assert carrying(found) == deliveries
    counted = Counter(map(name_of, found))
    assert sum(counted[name] for name in _SYNCS) == messages
    # To a member go messages, to the author answers, and the octets that wake go between threads: one for each of
    # these at the most, if the delivery thread is always quicker than the journal.
    answers = messages + 2
    wakes = sum('"\\0", 1,' in call for call in found if name_of(call) in _SENDS)
    assert sum(counted[name] for name in _SENDS) <= deliveries + answers + wakes
    assert wakes <= deliveries + answers
    assert counted["recvfrom"] <= messages + 3 + wakes + 1
    # Nothing else is done once for each who hears it.
    others = {name: count for name, count in counted.items() if name not in _WAITING | _SYNCS | _SENDS | {"recvfrom"}}
    assert sum(others.values()) < deliveries, others


@pytest.mark.heavy
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_a_burst_is_sent_to_each_no_more_often_than_the_disk_is_synced(traced: Callable[[int], Traced]) -> None:
    members = 10
    server = traced(members)
    server.say(b"".join(FRAMES), BURST)
    found = server.calls()
    syncs = sum(name_of(call) in _SYNCS for call in found)
    assert 1 <= syncs <= BURST
    assert carrying(found) <= syncs * members
