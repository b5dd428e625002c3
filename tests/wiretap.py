"""Somebody on the way who reads along: passes everything on, and looks whether any of it can be read."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Self

_READ = 64 * 1024

#: Octets of a word at the least: shorter ones stand in a few megabytes of encrypted octets by chance.
_SHORTEST = 8

#: What TLS calls the content of a record (RFC 8446, section 5.1).
KINDS = {20: "change_cipher_spec", 21: "alert", 22: "handshake", 23: "application_data"}

#: The longest record: 16 KiB, and what encrypting adds in TLS 1.2 (RFC 5246, section 6.2.3).
_LONGEST = 16 * 1024 + 2048


class Ear:
    """Listens to one direction of one connection: every octet has to be part of a TLS record, and no word in it."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._words = tuple(words)
        assert all(len(word) >= _SHORTEST for word in self._words)
        self._overlap = max(map(len, self._words), default=1) - 1
        self._tail = b""
        self._header = b""
        self._left = 0
        self.octets = 0
        self.records: Counter[str] = Counter()
        #: What could be read, or was no TLS.
        self.found: set[str] = set()

    def hear(self, octets: bytes) -> None:
        self.octets += len(octets)
        window = self._tail + octets
        self.found |= {f"the word {word!r}" for word in self._words if word in window}
        self._tail = window[-self._overlap :] if self._overlap else b""
        while octets and "octets outside TLS" not in self.found:
            octets = self._walk(octets)

    def _walk(self, octets: bytes) -> bytes:
        """Goes to the end of the record, or of the octets; what is left of them."""
        if self._left:
            passed = min(self._left, len(octets))
            self._left -= passed
            return octets[passed:]
        wanted = 5 - len(self._header)
        self._header += octets[:wanted]
        if len(self._header) == 5:
            kind, major, length = self._header[0], self._header[1], int.from_bytes(self._header[3:], "big")
            if kind not in KINDS or major != 3 or length > _LONGEST:
                self.found.add("octets outside TLS")
            else:
                self.records[KINDS[kind]] += 1
                self._left = length
            self._header = b""
        return octets[wanted:]


class Wiretap:
    """Listens at `address` and passes everything on to `upstream`."""

    def __init__(self, upstream: tuple[str, int], words: Iterable[str]) -> None:
        self._upstream = upstream
        self._words = [word.encode() for word in words]
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.address: tuple[str, int] = self._listening.getsockname()
        #: One for each direction of each connection.
        self.ears: list[Ear] = []
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="wiretap")]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cuts what is still connected."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listening.close()
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for end in self._ends:
            end.close()

    @property
    def found(self) -> set[str]:
        """All that could be read, or was no TLS."""
        return set().union(*(ear.found for ear in self.ears))

    @property
    def octets(self) -> int:
        return sum(ear.octets for ear in self.ears)

    @property
    def records(self) -> Counter[str]:
        return sum((ear.records for ear in self.ears), Counter())

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(self._upstream)
            self._ends += [near, far]
            for source, target in ((near, far), (far, near)):
                self.ears.append(Ear(self._words))
                arguments = (source, target, self.ears[-1])
                self._threads.append(threading.Thread(target=self._pass_on, args=arguments, name="wiretap"))
                self._threads[-1].start()

    def _pass_on(self, source: socket.socket, target: socket.socket, ear: Ear) -> None:
        with contextlib.suppress(OSError):
            while octets := source.recv(_READ):
                ear.hear(octets)
                target.sendall(octets)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
