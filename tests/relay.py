"""What stands between clients and a server: it starts, takes connections and ends in the same way, whatever it does."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Self, TypeVar

#: Octets taken at once.
READ = 64 * 1024

#: Seconds to connect in.
_CONNECTING = 5.0

Address = tuple[str, int]


@dataclass(eq=False)
class Connection:
    """The client's socket and the one to the server, with a thread for each direction."""

    client: socket.socket
    server: socket.socket
    threads: list[threading.Thread] = field(default_factory=list)

    def ways(self, towards_server: bool) -> tuple[socket.socket, socket.socket]:
        """Where it comes from and where it goes to."""
        return (self.client, self.server) if towards_server else (self.server, self.client)

    def shut(self, how: int = socket.SHUT_RDWR) -> None:
        """Wakes both directions; with SHUT_RD nobody outside is told."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(how)

    def close(self) -> None:
        self.client.close()
        self.server.close()


Kind = TypeVar("Kind", bound=Connection)


class Relay(Generic[Kind]):
    """Connects whoever comes to `address` with `upstream`. How octets are passed on is for `_pass_on` to say."""

    def __init__(self, upstream: Address, kind: Callable[[socket.socket, socket.socket], Kind]) -> None:
        self.upstream = upstream
        self._kind = kind
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.address: Address = self._listening.getsockname()
        # Guards _connections.
        self._lock = threading.Lock()
        self._connections: set[Kind] = set()
        self._thread = threading.Thread(target=self._accept, name="relay")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cuts what is still connected."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()
        self.cut()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            for thread in connection.threads:
                thread.join()
            connection.close()

    def cut(self) -> None:
        """Ends every connection there is, in both directions; new ones are passed on again."""
        with self._lock:
            for connection in self._connections:
                connection.shut()

    def _pass_on(self, connection: Kind, towards_server: bool) -> None:
        """Runs in a thread of its own until nothing more comes in this direction."""
        raise NotImplementedError

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.upstream, _CONNECTING)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            connection = self._kind(client, server)
            connection.threads = [
                threading.Thread(target=self._pass_on, args=(connection, way), name="relay") for way in (True, False)
            ]
            with self._lock:
                self._connections.add(connection)
            for thread in connection.threads:
                thread.start()
