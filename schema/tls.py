"""TLS as both sides speak it: octets in, octets out. Whoever has the socket and the threads uses this under a lock.

One `ssl.SSLSocket` must not be shared by a thread that reads and one that writes: with timeouts most connections die
within a second, and `shutdown` makes it send in clear. `SSLObject` on two buffers has neither fault.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

from schema.errors import ChatError

#: For TLS 1.2: a fresh key for each connection and authenticated encryption only (RFC 9325, section 4.2). The suites
#: of TLS 1.3 are all of this kind.
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"

#: The reason of a failure for want of a password.
PROTECTED = "PROTECTED"

#: What TLS itself may have to say that the other side does not take: a handshake has some thousand octets. Who asks for
#: new keys again and again and never reads comes to this.
MAX_UNSENT = 64 * 1024

#: Octets taken out of the engine at once: a record of TLS holds so many at the most (RFC 8446, section 5.1).
_RECORD = 16 * 1024


class TlsFailure(ChatError):
    """TLS cannot go on. `reason` is OpenSSL's word for it, such as WRONG_VERSION_NUMBER; empty where it has none.

    `unverified` is the number of OpenSSL's verdict on a certificate that does not verify, 0 where that is not it.
    """

    def __init__(self, sentence: str, reason: str = "", unverified: int = 0) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.unverified = unverified


class Tls:
    """One end of a TLS connection. Not safe for threads: one lock has to be held around every use of it."""

    def __init__(self, context: ssl.SSLContext, server_name: str | None = None) -> None:
        """The client's end where `server_name` is given: the host name or IP address the certificate has to be for."""
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_name is None, server_hostname=server_name
        )
        #: Whether the handshake is done, so that `seal` may be called.
        self.established = False
        #: Whether the other side has said that it sends no more (close_notify).
        self.ended = False
        #: Whether we have said so, or can say nothing any more.
        self.closed = False

    @property
    def version(self) -> str:
        return self._object.version() or ""

    @property
    def cipher(self) -> str:
        """The name of the cipher suite."""
        suite = self._object.cipher()
        return suite[0] if suite else ""

    def shake_hands(self) -> None:
        """Begins the handshake, or goes on with it: for a client, before anything has come. Raises TlsFailure."""
        with self._failing(), contextlib.suppress(ssl.SSLWantReadError):
            self._object.do_handshake()
            self.established = True

    def receive(self, octets: bytes) -> bytes:
        """Takes octets as they came, and gives what they hold for us. Raises TlsFailure; `take` may hold an alert then.

        What has come of a record that is not complete is kept, and nothing else. Take what was sealed before.
        """
        self._incoming.write(octets)
        if not self.established:
            self.shake_hands()
        found = []
        while self.established and (opened := self._open()):
            found.append(opened)
        if self.pending > MAX_UNSENT:
            raise TlsFailure("the other side does not take what TLS has to say")
        return b"".join(found)

    def seal(self, octets: bytes) -> None:
        """What is to be sent, once the handshake is done; `take` then gives it. Raises TlsFailure."""
        with self._failing(), memoryview(octets) as rest:
            while rest:
                rest = rest[self._object.write(rest) :]

    def close(self) -> None:
        """Says that we send no more. What the other side sends may still be received."""
        self.closed = True
        # It asks for the other side's close_notify, which need not have come, and may never come.
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()

    def give_up(self, last: bytes) -> None:
        """Has `last` sent as it is, to one who does not speak TLS, and nothing after it."""
        self.closed = True
        self._outgoing.write(last)

    @property
    def pending(self) -> int:
        """How many octets `take` would give."""
        return self._outgoing.pending

    def take(self) -> bytes:
        """All that is to go to the other side now: what was sealed, and what TLS itself has to say."""
        return self._outgoing.read()

    def _open(self) -> bytes:
        """The next octets for us; empty where there are none for now, and at the end."""
        with self._failing():
            try:
                opened = self._object.read(_RECORD)
            except ssl.SSLWantReadError:
                return b""
            except ssl.SSLZeroReturnError:
                opened = b""
        self.ended = not opened
        return opened

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except ssl.SSLError as error:
            self.closed = True
            raise _failure(error) from None


def _failure(error: ssl.SSLError) -> TlsFailure:
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsFailure(error.verify_message, error.reason or "", error.verify_code)
    reason = error.reason or ""
    return TlsFailure(reason.replace("_", " ").lower() or "the stream ended in the middle", reason)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """For a server with this certificate (its chain behind it) and its key, both PEM.

    Raises OSError where they cannot be read or do not belong together (ssl.SSLError), and TlsFailure where the key is
    protected by a password: nobody is asked for it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context)
    # Tickets would let whoever steals their key read what was recorded, and our connections are few and long.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    context.load_cert_chain(certificate, key, password=_no_password)
    return context


def _no_password() -> bytes:
    raise TlsFailure("the key is protected by a password", PROTECTED)


def client_context(authorities: Path | None = None) -> ssl.SSLContext:
    """For a client, which verifies certificate and name: by these authorities, or by those that the system trusts.

    Raises OSError where the file cannot be read or holds no certificate (ssl.SSLError).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _harden(context)
    # Names stand in subjectAltName (RFC 9525, section 2).
    context.hostname_checks_common_name = False
    if authorities is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(authorities)
    return context


def _harden(context: ssl.SSLContext) -> None:
    """RFC 9325: no version below 1.2 (section 3.1.1), no compression (3.3), no renegotiation (3.5)."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    # The groups for the key exchange stay OpenSSL's, X25519 and P-256 first: of its own, this interpreter can choose
    # one group only, and would shut out whoever has but the other.
    context.set_ciphers(CIPHERS)
