"""Where a server is, as people write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from schema.endpoint import PLAIN_PORT, TLS_PORT, endpoint, is_loopback
from schema.errors import ChatError

#: HOST, HOST:PORT, [ADDRESS]:PORT, and an IPv6 address alone.
_WRITTEN = re.compile(r"(?:\[(?P<bracketed>[^\[\]\s]+)\]|(?P<plain>[^\[\]\s:]+))(?::(?P<port>[0-9]{1,5}))?")
_ADDRESS = re.compile(r"[0-9A-Fa-f:.%a-z]*:[0-9A-Fa-f:.%a-z]*:[0-9A-Fa-f:.%a-z]*")


class NoPlace(ChatError):
    """What somebody wrote names no server; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Where:
    """A server; with `tls` what is sent there is encrypted, and `ca` says whom to trust."""

    host: str
    port: int
    tls: bool = False
    ca: Path | None = None

    def __str__(self) -> str:
        return endpoint(self.host, self.port)

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, by its name."""
        return self.host == "localhost" or is_loopback(self.host)


def usual_port(*, tls: bool) -> int:
    return TLS_PORT if tls else PLAIN_PORT


def read_place(written: str) -> tuple[str, int | None]:
    """The host and the port, if there is one. Raises NoPlace."""
    written = written.strip()
    if _ADDRESS.fullmatch(written):
        return written, None
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise NoPlace(f"{written!r} is no server; write HOST or HOST:PORT.")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 1 <= port <= 65535:
        raise NoPlace(f"{port} is not a port: 1 to 65535.")
    return found["bracketed"] or found["plain"], port
