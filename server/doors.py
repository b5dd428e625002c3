"""Where the server listens: for frames as they are, and for frames inside TLS."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path
from typing import Any

from schema.endpoint import endpoint, is_loopback
from server.certificate import Certificate
from server.config import Config
from server.errors import StartupError
from server.log import EventLog

#: Connections the kernel holds ready while we are busy accepting.
_BACKLOG = 1024

#: The family and what `bind` takes.
_Resolved = tuple[socket.AddressFamily, tuple[Any, ...]]


class Door:
    """A socket that listens. Who comes in by it speaks TLS where there is a certificate."""

    def __init__(self, listening: socket.socket, certificate: Certificate | None = None) -> None:
        self.socket = listening
        self.certificate = certificate
        host, port = listening.getsockname()[:2]
        #: Host and port.
        self.address: tuple[str, int] = (host, port)

    def __str__(self) -> str:
        return endpoint(*self.address) + (" (TLS)" if self.certificate else "")


def open_doors(config: Config, log: EventLog) -> tuple[Door, ...]:
    """The plain one and, where the configuration asks for it, that for TLS. Raises StartupError.

    What is not encrypted is taken from this machine only, unless `insecure_bind` says otherwise.
    """
    certificate = load_certificate(config, log)
    where = _resolve(config.host, config.port)
    family, (address, *_) = where
    plain = where
    if not is_loopback(address) and not config.insecure_bind:
        if certificate is None:
            raise StartupError(
                f"{config.host} can be reached from other machines, and passwords would travel in clear. Give "
                "--tls-port, --tls-cert and --tls-key (`python -m server cert` makes them), or --insecure-bind if you "
                "mean it.",
                2,
            )
        plain = _resolve("::1" if family == socket.AF_INET6 else "127.0.0.1", config.port)
    with contextlib.ExitStack() as opened:
        doors = [Door(opened.enter_context(_listen(plain)))]
        if certificate is not None:
            assert config.tls_port is not None
            doors.append(Door(opened.enter_context(listen(config.host, config.tls_port)), certificate))
        opened.pop_all()
    return tuple(doors)


def load_certificate(config: Config, log: EventLog) -> Certificate | None:
    """None where there is to be no TLS. Raises StartupError."""
    certificate, key = certificate_files(config)
    return Certificate(certificate, key, log) if certificate and key else None


def certificate_files(config: Config) -> tuple[Path, Path] | tuple[None, None]:
    """Raises StartupError where one is named without the other, or without a port."""
    given = {"--tls-cert": config.tls_cert, "--tls-key": config.tls_key}
    missing = [option for option, path in given.items() if not path]
    if config.tls_port is None:
        if len(missing) < len(given):
            raise StartupError("A certificate or key is given, and no port for TLS. Give --tls-port.", 78)
        return None, None
    if missing:
        raise StartupError(
            f"TLS needs {' and '.join(missing)} too. `python -m server cert DIR` makes both, to try it with.",
            78,
        )
    return Path(config.tls_cert), Path(config.tls_key)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises StartupError where the address cannot be had."""
    return _listen(_resolve(host, port))


def _resolve(host: str, port: int) -> _Resolved:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except UnicodeError:
        # What no name of a host can be, such as two dots in a row.
        raise _not_listening(host, port, "that is no name of a host") from None
    except OSError as error:
        raise _not_listening(host, port, error.strerror) from None
    return family, address


def _listen(where: _Resolved) -> socket.socket:
    family, address = where
    try:
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except OSError as error:
        # The text of create_server's error repeats the address, as a Python tuple.
        host, port = address[:2]
        raise _not_listening(host, port, os.strerror(error.errno) if error.errno else error) from None


def _not_listening(host: str, port: int, reason: object) -> StartupError:
    return StartupError(f"Cannot listen on {endpoint(host, port)}: {reason}.", 69)
