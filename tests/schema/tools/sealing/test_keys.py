from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from schema.tools.sealing.keys import BadKey, Signer, is_signed, make_key, read_private_key, read_public_key

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=30)


def test_what_a_key_signs_its_public_key_verifies(key: Path, signer: Signer) -> None:
    public = read_public_key(key.with_name("audit.pem.pub"))
    assert public == signer.public
    signature = signer.sign(b"said")
    assert is_signed(b"said", signature, public)
    assert not is_signed(b"sang", signature, public)
    other = f"{int(signature[0], 16) ^ 1:x}{signature[1:]}"
    assert not is_signed(b"said", other, public)
    assert not is_signed(b"said", signature, "00" * 32)


def test_the_private_key_is_for_its_owner_alone(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("taken", ["new.pem", "new.pem.pub"])
def test_a_file_that_is_there_stays(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine")
    with pytest.raises(FileExistsError):
        make_key(tmp_path / "new.pem")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(taken, "mine")]


@needs_openssl
def test_a_key_of_openssl_serves_as_well(tmp_path: Path) -> None:
    private, public = tmp_path / "o.pem", tmp_path / "o.pub"
    openssl("genpkey", "-algorithm", "ed25519", "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    signer = read_private_key(private)
    assert signer.public == read_public_key(public)
    assert is_signed(b"said", signer.sign(b"said"), signer.public)


@needs_openssl
def test_openssl_reads_ours(key: Path, signer: Signer, tmp_path: Path) -> None:
    said, signature = tmp_path / "said", tmp_path / "signature"
    said.write_bytes(b"said")
    signature.write_bytes(bytes.fromhex(signer.sign(b"said")))
    public = key.with_name("audit.pem.pub")
    openssl("pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", said, "-sigfile", signature)


@needs_openssl
@pytest.mark.parametrize("wrong", ["missing", "text", "kind", "locked", "swapped"])
def test_what_is_no_key_is_refused_in_words(wrong: str, key: Path, tmp_path: Path) -> None:
    private = public = tmp_path / "wrong"
    if wrong == "text":
        private.write_text("no key")
    elif wrong == "kind":
        openssl("genpkey", "-algorithm", "x25519", "-out", private)
        openssl("pkey", "-in", private, "-pubout", "-out", public := tmp_path / "wrong.pub")
    elif wrong == "locked":
        openssl("genpkey", "-algorithm", "ed25519", "-aes128", "-pass", "pass:secret", "-out", private)
    elif wrong == "swapped":
        private, public = key.with_name("audit.pem.pub"), key
    with pytest.raises(BadKey, match=private.name):
        read_private_key(private)
    with pytest.raises(BadKey, match=public.name):
        read_public_key(public)
