"""Keys of Ed25519 that sign transcripts, as PEM files: what `openssl genpkey -algorithm ed25519` makes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from schema.errors import ChatError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

#: What the name of a public key's file adds to that of the private key's.
PUBLIC = ".pub"


class BadKey(ChatError):
    """A key cannot be read, or is none that signs transcripts."""


class Signer:
    """A private key. `public` is its public key, in hexadecimal."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw().hex()

    def sign(self, octets: bytes) -> str:
        """The signature, in hexadecimal."""
        return self._key.sign(octets).hex()


def make_key(path: Path) -> Path:
    """Writes a new private key, which its owner alone may read, and beside it the public one, whose path is returned.

    Raises OSError, FileExistsError where one of the files is there; then nothing is left behind.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = Ed25519PrivateKey.generate()
    public = path.with_name(path.name + PUBLIC)
    _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    try:
        _write(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    except OSError:
        path.unlink()
        raise
    return public


def read_private_key(path: Path) -> Signer:
    """Raises BadKey."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = _loaded(path, lambda content: load_pem_private_key(content, None), "private key without a password")
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(f"{path} is a key of another kind; transcripts are signed with Ed25519")
    return Signer(key)


def read_public_key(path: Path) -> str:
    """The key, in hexadecimal. Raises BadKey."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = _loaded(path, load_pem_public_key, "public key")
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey(f"{path} is a key of another kind; transcripts are signed with Ed25519")
    return key.public_bytes_raw().hex()


def is_signed(octets: bytes, signature: str, key: str) -> bool:
    """Whether the signature of the octets was made with the private key that belongs to this public one."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), octets)
    except (InvalidSignature, ValueError):
        return False
    return True


def _loaded(path: Path, load: Callable[[bytes], object], kind: str) -> object:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return load(path.read_bytes())
    except OSError as error:
        raise BadKey(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey(f"{path} is no PEM file with a {kind}") from None


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
        file.write(content)
