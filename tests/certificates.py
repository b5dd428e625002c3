"""Certificates for tests, good and bad, as files."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import trustme

from schema.tls import client_context


class Certified:
    """`ca`, `cert` and `key` are files; the certificate is for `names`, and for what `more` says."""

    def __init__(self, folder: Path, authority: trustme.CA, *names: str, **more: Any) -> None:
        number = len(list(folder.glob("*.key")))
        self.ca, self.cert, self.key = (folder / f"{number}-{name}" for name in ("ca.pem", "server.pem", "server.key"))
        issued = authority.issue_cert(*(names or ("localhost", "127.0.0.1", "::1")), **more)
        authority.cert_pem.write_to_path(str(self.ca))
        for blob in issued.cert_chain_pems:
            blob.write_to_path(str(self.cert), append=True)
        self.key.touch(0o600)
        issued.private_key_pem.write_to_path(str(self.key))

    @property
    def options(self) -> tuple[str, ...]:
        """For the command line of a server, on a free port."""
        return ("--tls-port", "0", "--tls-cert", str(self.cert), "--tls-key", str(self.key))

    @property
    def settings(self) -> dict[str, Any]:
        """The same for a Config."""
        return {"tls_port": 0, "tls_cert": str(self.cert), "tls_key": str(self.key)}

    def trusting(self, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """A client's context, for one version only where that is given."""
        context = client_context(self.ca)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context
