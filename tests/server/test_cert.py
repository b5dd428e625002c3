"""`python -m server cert`: what it makes is good for a server and for a client."""

from __future__ import annotations

import ipaddress
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from schema.tls import Tls, TlsFailure, client_context, server_context
from server.cert import AUTHORITY, CERTIFICATE, KEY, main
from tests.conftest import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "tls"


def greets(folder: Path, name: str) -> bool:
    """Whether a client that trusts this authority takes the server for the one of that name."""
    server = Tls(server_context(folder / CERTIFICATE, folder / KEY))
    client = Tls(client_context(folder / AUTHORITY), name)
    client.shake_hands()
    while not (client.established and server.established):
        server.receive(client.take())
        client.receive(server.take())
    return True


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "chat.example", "10.1.2.3", "fd00::7"])
def test_it_is_for_this_machine_and_for_every_name_given(folder: Path, name: str) -> None:
    assert main([str(folder), "--name", "Chat.example", "--name", "10.1.2.3", "--name", "fd00:0::7"]) == 0
    assert greets(folder, name)
    with pytest.raises(TlsFailure):
        greets(folder, "other.example")


def test_the_key_is_for_its_owner_and_that_of_the_authority_is_nowhere(folder: Path) -> None:
    main([str(folder)])
    assert {file.name for file in folder.iterdir()} == {AUTHORITY, CERTIFICATE, KEY}
    assert (folder / KEY).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert b"PRIVATE" not in (folder / AUTHORITY).read_bytes() + (folder / CERTIFICATE).read_bytes()


def test_the_certificate_can_sign_no_other_and_the_authority_can_serve_nobody(folder: Path) -> None:
    main([str(folder)])
    certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    certificate.verify_directly_issued_by(authority)
    constraints = [one.extensions.get_extension_for_class(x509.BasicConstraints) for one in (certificate, authority)]
    assert [one.value.ca for one in constraints] == [False, True]
    assert constraints[1].value.path_length == 0
    usage = authority.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.digital_signature) == (True, False)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(one) for one in ("127.0.0.1", "::1")]


@pytest.mark.parametrize("there", [AUTHORITY, CERTIFICATE, KEY])
def test_nothing_is_overwritten_and_nothing_is_left_half_done(
    folder: Path, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.mkdir(parents=True)
    (folder / there).write_text("mine")
    assert main([str(folder)]) == 73
    assert [(file.name, file.read_text()) for file in folder.iterdir()] == [(there, "mine")]
    said = capsys.readouterr().err
    assert said == f"xmlchat: {folder / there} exists already; name another folder. Nothing was written.\n"


def test_a_folder_that_cannot_be_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main([str(tmp_path / "file" / "tls")]) == 73
    assert capsys.readouterr().err.startswith(f"xmlchat: {tmp_path / 'file'}")


@pytest.mark.parametrize("name", ["", "a..b", "-a", "a b", "x" * 64, "*.example", "grün.example", "a/b", "1.2.3.4.5:7"])
def test_a_name_that_is_none_is_usage(folder: Path, name: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(folder), f"--name={name}"])
    assert ended.value.code == 2
    assert not folder.exists()


@pytest.mark.parametrize(("names", "host"), [([], ""), (["chat.example"], "0.0.0.0")])
def test_it_says_how_to_go_on_in_commands_that_can_be_copied(folder: Path, names: list[str], host: str) -> None:
    arguments = [str(folder), *(f"--name={name}" for name in names)]
    command = [sys.executable, "-m", "server", "cert", *arguments]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    server, client = (shlex.split(line) for line in said.splitlines() if line.startswith("    "))
    assert server[:3] == ["python", "-m", "server"]
    assert (host in server) if host else ("--host" not in server)
    assert server[server.index("--tls-cert") + 1] == str(folder / CERTIFICATE)
    assert server[server.index("--tls-key") + 1] == str(folder / KEY)
    assert client[:3] == ["python", "-m", "client"]
    assert client[client.index("--ca") + 1] == str(folder / AUTHORITY)
    assert client[client.index("--host") + 1] == (names or ["localhost"])[0]
