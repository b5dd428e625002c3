"""What stands between a client and a server, and cuts."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

_READ = 64 * 1024

Address = tuple[str, int]


class Proxy:
    """Passes everything on, from `address` to `upstream`, until it is told otherwise."""

    def __init__(self, upstream: Address) -> None:
        self.upstream = upstream
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address: Address = self._listening.getsockname()
        self._deaf = threading.Event()
        # Guards _ends.
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="proxy")]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listening.close()
        self.cut()
        for thread in self._threads[1:]:
            thread.join()
        for end in self._ends:
            end.close()

    def cut(self) -> None:
        """Ends every connection there is, in both directions; new ones are passed on again."""
        with self._lock:
            for end in self._ends:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            self._deaf.clear()

    def drop_answers(self) -> None:
        """From now on nothing reaches the clients, until the next cut."""
        self._deaf.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.upstream)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._ends += [client, server]
            for source, target, drops in ((client, server, False), (server, client, True)):
                self._threads.append(threading.Thread(target=self._pass_on, args=(source, target, drops), name="proxy"))
                self._threads[-1].start()

    def _pass_on(self, source: socket.socket, target: socket.socket, drops: bool) -> None:
        with contextlib.suppress(OSError):
            while octets := source.recv(_READ):
                if not (drops and self._deaf.is_set()):
                    target.sendall(octets)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
