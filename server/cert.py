"""`python -m server cert DIR`: a certificate for trying TLS on one machine or in one house.

It is signed by an authority made for it alone, whose key is thrown away: nobody can sign another certificate that the
clients who trust it would take. A new one needs a new `ca.pem` at the clients.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from schema.endpoint import TLS_PORT

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

AUTHORITY, CERTIFICATE, KEY = "ca.pem", "server.pem", "server.key"

#: What every certificate is for.
_LOCAL = ("localhost", "127.0.0.1", "::1")

#: A year, as scanners and most authorities want it; Apple's systems take none of over 825 days.
_DAYS = 365

#: A clock that is a little behind should not refuse it.
_BEFORE = timedelta(hours=1)

_DESCRIPTION = f"""\
Makes a certificate for localhost, and for each --name, to try TLS with: {AUTHORITY} is what clients trust,
{CERTIFICATE} and {KEY} are for the server. It is valid for {_DAYS} days. For a server that strangers use, get a
certificate from an authority that their systems trust.
"""


def main(arguments: Sequence[str]) -> int:
    parsed = _parser().parse_args(arguments)
    try:
        make(parsed.folder, [*_LOCAL, *parsed.name])
    except FileExistsError as error:
        print(f"xmlchat: {error.filename} exists already; name another folder. Nothing was written.", file=sys.stderr)
        return 73
    except OSError as error:
        print(f"xmlchat: {error.filename} cannot be written: {error.strerror}.", file=sys.stderr)
        return 73
    _explain(parsed.folder, (parsed.name or _LOCAL)[0])
    return 0


def make(folder: Path, names: Sequence[str]) -> None:
    """Writes the three files. Raises FileExistsError where one is there, and OSError; then none is left."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _authority(authority_key)
    certificate = _certificate(names, key.public_key(), authority, authority_key)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {
        AUTHORITY: (authority.public_bytes(Encoding.PEM), 0o644),
        CERTIFICATE: (certificate.public_bytes(Encoding.PEM), 0o644),
        KEY: (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600),
    }
    written: list[Path] = []
    try:
        for name, (content, mode) in contents.items():
            _write(folder / name, content, mode)
            written.append(folder / name)
    except OSError:
        for path in written:
            path.unlink()
        raise


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
        file.write(content)


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    name = _name("xmlchat development authority")
    return (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _certificate(
    names: Sequence[str],
    key: ec.EllipticCurvePublicKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    signer = authority_key.public_key()
    return (
        _builder(_name("xmlchat development server"), authority.subject, key)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in dict.fromkeys(names)]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + timedelta(days=_DAYS) - _BEFORE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _explain(folder: Path, name: str) -> None:
    host = "" if name in _LOCAL else " --host 0.0.0.0"
    print(
        f"{folder} holds {AUTHORITY}, {CERTIFICATE} and {KEY}. Start the server with\n"
        f"\n"
        f"    python -m server{host} --tls-port {TLS_PORT} --tls-cert {folder / CERTIFICATE} --tls-key {folder / KEY}\n"
        f"\n"
        f"and each client, with a copy of {AUTHORITY} on its machine, with\n"
        f"\n"
        f"    python -m client --host {name} --tls --ca {folder / AUTHORITY}"
    )


def _host(said: str) -> str:
    """A name or an IP address that can stand in a certificate."""
    try:
        return str(ipaddress.ip_address(said))
    except ValueError:
        labels = said.encode("ascii", "replace").decode().split(".")
    if len(said) > 253 or not all(_is_label(label) for label in labels):
        raise argparse.ArgumentTypeError(f"{said!r} is neither the name of a host nor an IP address")
    return said.lower()


def _is_label(label: str) -> bool:
    """A part of a host name (RFC 1123, section 2.1); names in other scripts are given as they are in DNS, xn--…"""
    return 1 <= len(label) <= 63 and label.replace("-", "").isalnum() and label.strip("-") == label


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server cert", description=_DESCRIPTION)
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to write the three files")
    parser.add_argument(
        "--name", type=_host, action="append", default=[], metavar="NAME", help="a host name or IP address too"
    )
    return parser
