"""The certificate of somebody whom no client has a reason to trust."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from schema.tls import server_context


def strangers_context(host: str, folder: Path) -> ssl.SSLContext:
    """For a server at `host`: a certificate for that address which nobody has signed but itself.

    Its files stay in `folder`.
    """
    # Taken in only here: it takes a tenth of a second.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A stranger")])
    try:
        name_of_host: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        name_of_host = x509.DNSName(host)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([name_of_host]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "stranger.pem", folder / "stranger.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].touch(mode=0o600)
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return server_context(*files)
