"""Whom the client trusts, and what it says of a server that it does not."""

from __future__ import annotations

import contextlib
import socket
import ssl
from pathlib import Path
from time import monotonic

from client.errors import ServerFault, Unreachable, Unverified
from schema.errors import ChatError
from schema.tls import Tls, TlsFailure, client_context

#: What is wrong with a certificate, by OpenSSL's number for it (X509_V_ERR_…, in x509_vfy.h), and what to do.
_VERDICTS: dict[int, str] = {
    9: "is not valid yet. Look whether this machine's clock is right; else tell whoever runs the server",
    10: "has expired. Look whether this machine's clock is right; else tell whoever runs the server",
    23: "was revoked. Tell whoever runs the server",
    62: "is for another name. Give the name that it is for as --host, or have one made for this name",
    64: "is for another address. Give the name that it is for as --host, or have one made for this address",
    **dict.fromkeys(
        (18, 19, 20, 21),
        "is signed by nobody that is trusted here. If you know by whom, give --ca with that authority's certificate",
    ),
}

#: Octets read at once; the answer to our first words has some thousand.
_READ = 16 * 1024

#: Seconds: 0 would mean not to wait at all, which is another error.
_LEAST = 0.001

#: What a server that speaks xmlchat without TLS begins with: the first octet of a frame.
_FRAME = 0


class BadAuthorities(ChatError):
    """The file that says whom to trust does not serve; `str()` says why."""


def trusting(authorities: Path | None) -> ssl.SSLContext:
    """A context that trusts whom this file says, or whom the system trusts. Raises BadAuthorities."""
    try:
        return client_context(authorities)
    except ssl.SSLError:
        raise BadAuthorities(f"The file {authorities} holds no certificate in PEM form.") from None
    except OSError as error:
        raise BadAuthorities(f"The file {authorities} cannot be read: {error.strerror}.") from None


def shake_hands(connected: socket.socket, engine: Tls, where: str, timeout: float) -> bytes:
    """Carries the handshake out, in `timeout` seconds at the most; gives what came right behind it.

    Raises Unverified or ServerFault where the server is not the right one, and OSError or Unreachable where it may be
    later.
    """
    deadline = monotonic() + timeout
    first = early = b""
    try:
        engine.shake_hands()
        while True:
            connected.settimeout(max(deadline - monotonic(), _LEAST))
            connected.sendall(engine.take())
            if engine.established:
                return early
            octets = connected.recv(_READ)
            if not octets:
                raise Unreachable(f"The server at {where} ended the connection before TLS had begun; it may be full.")
            first = first or octets[:1]
            early = engine.receive(octets)
    except TlsFailure as failure:
        _send_alert(connected, engine)
        raise _explained(failure, where, first) from None


def _send_alert(connected: socket.socket, engine: Tls) -> None:
    with contextlib.suppress(OSError):
        connected.sendall(engine.take())


def _explained(failure: TlsFailure, where: str, first: bytes) -> ChatError:
    if failure.unverified:
        said = _VERDICTS.get(failure.unverified, f"does not verify ({failure})")
        return Unverified(f"The certificate of {where} {said}.")
    if first and first[0] == _FRAME:
        return ServerFault(f"{where} speaks xmlchat without TLS. Give its port for TLS, or leave out --tls.")
    if failure.reason == "WRONG_VERSION_NUMBER":
        return ServerFault(f"{where} does not speak TLS. Give the port where the server does.")
    return ServerFault(f"There is no TLS with {where}: {failure}.")
