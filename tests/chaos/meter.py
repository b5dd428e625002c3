"""Those whose messages are timed: they are logged in, read at once, and note how late each message is."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import threading
import time
from dataclasses import dataclass, field

from schema.framing import FrameReader
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Pm
from tests.chaos.target import PATIENCE
from tests.peer import Peer

_SAID = re.compile(rb"<broadcast .*<text>(\d+) (\d+) ")

#: They stand for other machines, so they should not wait for a processor that the server and its attackers use.
_NICENESS = -10


def message(number: int, size: int = 0) -> Pm:
    """One that the meter knows again, with so many characters, of three octets each."""
    return Pm(id=str(number), text=f"{number} {time.monotonic_ns()} ".ljust(size, "漢"))


def come_first() -> None:
    """Gives this thread precedence, where that is allowed."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


@dataclass(eq=False)
class _Ear:
    """One of those who read at once."""

    peer: Peer
    frames: FrameReader = field(default_factory=lambda: FrameReader(MAX_SERVER_DOCUMENT))
    heard: list[int] = field(default_factory=list)


class Meter:
    """One thread reads for all, and looks only at when what was sent, so that it is not what is measured."""

    def __init__(self, address: tuple[str, int], names: list[str]) -> None:
        self.ears: list[_Ear] = []
        #: Where latencies are noted now, in ms; may be replaced at any time.
        self.latencies: list[float] = []
        self._selector = selectors.DefaultSelector()
        for name in names:
            # Who connects logs in at once: the server waits for that for a while only.
            ear = _Ear(Peer.at(address))
            self.ears.append(ear)
            ear.peer.login(name)
            self._selector.register(ear.peer.socket, selectors.EVENT_READ, ear)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="meter")
        self._thread.start()

    def close(self) -> None:
        self._stopping = True
        self._thread.join()
        self._selector.close()
        for ear in self.ears:
            ear.peer.close()

    def all_heard(self, count: int) -> bool:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if all(len(ear.heard) >= count for ear in self.ears):
                return True
            self._thread.join(0.01)
        return False

    def _run(self) -> None:
        come_first()
        while not self._stopping:
            for key, _ in self._selector.select(0.1):
                self._hear(key.data)

    def _hear(self, ear: _Ear) -> None:
        octets = ear.peer.socket.recv(256 * 1024)
        assert octets, "the server closed the connection of one who reads"
        for found in ear.frames.feed(octets):
            said = _SAID.match(found) if isinstance(found, bytes) else None
            if said is not None:
                ear.heard.append(int(said[1]))
                self.latencies.append((time.monotonic_ns() - int(said[2])) / 1e6)
