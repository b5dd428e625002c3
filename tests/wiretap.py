"""Somebody on the way who reads along: passes everything on, and looks whether any of it can be read."""

from __future__ import annotations

import contextlib
import socket
from collections import Counter
from collections.abc import Iterable

from tests.relay import READ, Address, Connection, Relay

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


class Wiretap(Relay[Connection]):
    """Listens at `address` and passes everything on to `upstream`."""

    def __init__(self, upstream: Address, words: Iterable[str]) -> None:
        super().__init__(upstream, Connection)
        self._words = [word.encode() for word in words]
        #: One for each direction of each connection; appending is atomic.
        self.ears: list[Ear] = []

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

    def _pass_on(self, connection: Connection, towards_server: bool) -> None:
        source, target = connection.ways(towards_server)
        ear = Ear(self._words)
        self.ears.append(ear)
        with contextlib.suppress(OSError):
            while octets := source.recv(READ):
                ear.hear(octets)
                target.sendall(octets)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
