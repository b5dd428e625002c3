"""What stands between a client and a server, and cuts."""

from __future__ import annotations

import contextlib
import threading

from tests.relay import READ, Address, Connection, Relay


class Proxy(Relay[Connection]):
    """Passes everything on, from `address` to `upstream`, until it is told otherwise."""

    def __init__(self, upstream: Address) -> None:
        super().__init__(upstream, Connection)
        self._deaf = threading.Event()

    def cut(self) -> None:
        super().cut()
        self._deaf.clear()

    def drop_answers(self) -> None:
        """From now on nothing reaches the clients, until the next cut."""
        self._deaf.set()

    def _pass_on(self, connection: Connection, towards_server: bool) -> None:
        source, target = connection.ways(towards_server)
        with contextlib.suppress(OSError):
            while octets := source.recv(READ):
                if towards_server or not self._deaf.is_set():
                    target.sendall(octets)
        connection.shut()
