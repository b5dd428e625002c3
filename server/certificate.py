"""The server's certificate and its key, which may be replaced while the server runs."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schema.tls import PROTECTED, TlsFailure, server_context
from server.errors import StartupError
from server.log import EventLog

#: How long before its end the log begins to tell that a certificate ends: time enough to get another.
_SOON = timedelta(days=14)

#: What is wrong with a key, by OpenSSL's word for it or ours.
_FAULTS = {
    "KEY_VALUES_MISMATCH": "is not the key of the certificate {certificate}",
    PROTECTED: "is protected by a password, which the server cannot ask for; store it without one",
}


class Certificate:
    """`context` is for connections made from now on; those that are there keep theirs. Safe to use from any thread."""

    def __init__(self, certificate: Path, key: Path, log: EventLog) -> None:
        """Raises StartupError where they cannot be used."""
        self._log = log
        self.context = self._load(certificate, key)

    def replace(self, certificate: Path, key: Path) -> None:
        """Reads them again. Raises StartupError, and then everything stays as it was."""
        self.context = self._load(certificate, key)

    def _load(self, certificate: Path, key: Path) -> ssl.SSLContext:
        _check_private(key)
        try:
            certificate_pem = certificate.read_bytes()
        except OSError as error:
            raise StartupError(f"The certificate {certificate} cannot be read: {error.strerror}.", 78) from None
        begins, ends = _validity(certificate, certificate_pem)
        try:
            context = server_context(certificate, key)
        except (OSError, TlsFailure) as error:
            reason = getattr(error, "reason", None) or ""
            fault = _FAULTS.get(reason, "cannot be read: it has to be a private key in PEM form")
            raise StartupError(f"The key {key} {fault.format(certificate=certificate)}.", 78) from None
        self._tell(certificate, begins, ends)
        return context

    def _tell(self, certificate: Path, begins: datetime, ends: datetime) -> None:
        """Clients refuse what is out of its time, and the operator should know before they do."""
        now = datetime.now(UTC)
        warning = None
        if now < begins:
            warning = f"it is not valid before {begins:%Y-%m-%d %H:%M} UTC"
        elif now > ends:
            warning = "it has expired, and clients will refuse it"
        elif now > ends - _SOON:
            warning = "it ends soon"
        self._log.write("certificate", file=str(certificate), until=f"{ends:%Y-%m-%d}", warning=warning)


def _check_private(key: Path) -> None:
    try:
        mode = key.stat().st_mode
        key.open("rb").close()
    except OSError as error:
        raise StartupError(f"The key {key} cannot be read: {error.strerror}.", 78) from None
    if mode & 0o077:
        raise StartupError(f"Others may read {key}. Run: chmod 600 {key}", 77)


def _validity(certificate: Path, pem: bytes) -> tuple[datetime, datetime]:
    # Imported only where there is a certificate, so that a server without starts quickly.
    from cryptography import x509

    try:
        first = x509.load_pem_x509_certificates(pem)[0]
    except ValueError:
        raise StartupError(f"The certificate {certificate} cannot be read: it has to be in PEM form.", 78) from None
    return first.not_valid_before_utc, first.not_valid_after_utc
