"""TLS as somebody in a shell meets it, and what is said where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
import trustme

from server.service import Service
from tests.certificates import Certified
from tests.client.processes import ROOT, SOON, surroundings, talk
from tests.conftest import Serve

WARNING = (
    "xmlchat: The connection is not encrypted: your password and all messages can be read on the way. "
    "Use --tls if the server offers it."
)

#: A client for which every address is that of another machine: the tests have only this one.
FAR_AWAY = (
    "import sys, client.link\n"
    "client.link.is_loopback = lambda address: False\n"
    "from client.command_line import main\n"
    "sys.exit(main())"
)


@pytest.fixture
def service(serve: Serve, certified: Certified) -> Service:
    return serve(**certified.settings)


def from_afar(address: tuple[str, int], *arguments: str) -> list[str]:
    """How to start such a client."""
    host, port = address
    return [sys.executable, "-c", FAR_AWAY, "--host", host, "--port", str(port), "--user", "alice", *arguments]


def test_it_talks_inside_tls(service: Service, certified: Certified) -> None:
    done = talk(service.tls_address, "--tls", "--ca", str(certified.ca), "--register", typed="hello\n")
    assert (done.returncode, done.stderr) == (0, "* Connected to xmlchat 0.1.0\n")
    assert "alice: hello\n" in done.stdout


def test_without_a_file_it_trusts_whom_the_system_trusts(service: Service, certified: Certified) -> None:
    done = talk(service.tls_address, "--tls", "--register", typed="hello\n", SSL_CERT_FILE=str(certified.ca))
    assert (done.returncode, "alice: hello\n" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("status", "host", "port", "sentence"),
    [
        (76, "localhost", "tls", "is for another name. Give the name that it is for as --host"),
        (76, "127.0.0.1", "plain", "speaks xmlchat without TLS. Give its port for TLS, or leave out --tls."),
        (69, "127.0.0.1", "none", "Nobody answers at 127.0.0.1:1: Connection refused."),
    ],
)
def test_what_is_not_the_server_that_was_meant_is_a_sentence(
    serve: Serve, tmp_path: Path, authority: trustme.CA, status: int, host: str, port: str, sentence: str
) -> None:
    certified = Certified(tmp_path, authority, "127.0.0.1")
    service = serve(**certified.settings)
    number = {"tls": service.tls_address[1], "plain": service.address[1], "none": 1}[port]
    done = talk((host, number), "--tls", "--ca", str(certified.ca), typed="hello\n")
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith("xmlchat: ")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_one_whom_nobody_here_trusts_gets_no_password(service: Service) -> None:
    done = talk(service.tls_address, "--tls", "--register", typed="hello\n")
    assert (done.returncode, done.stdout) == (76, "")
    assert "is signed by nobody that is trusted here" in done.stderr
    assert "--ca" in done.stderr


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("key", "holds no certificate in PEM form."),
        ("nowhere", "cannot be read: No such file or directory."),
        ("folder", "cannot be read: Is a directory."),
    ],
)
def test_a_file_of_authorities_that_is_none_is_usage(
    certified: Certified, tmp_path: Path, file: str, sentence: str
) -> None:
    path = {"key": certified.key, "nowhere": tmp_path / "nowhere", "folder": tmp_path}[file]
    done = talk(("127.0.0.1", 1), "--tls", "--ca", str(path))
    assert (done.returncode, done.stderr) == (2, f"xmlchat: The file {path} {sentence}\n")


def test_authorities_without_tls_are_usage(certified: Certified) -> None:
    done = talk(("127.0.0.1", 1), "--ca", str(certified.ca))
    assert (done.returncode, "give --tls too" in done.stderr) == (2, True)


@pytest.mark.parametrize(("arguments", "port"), [([], 7700), (["--tls"], 7743)])
def test_each_has_its_usual_port(arguments: list[str], port: int) -> None:
    """An address where nobody listens, of the many that this machine has."""
    command = [sys.executable, "-m", "client", "--host", "127.7.7.7", "--user", "alice", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=surroundings("secret"), capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.stderr == f"xmlchat: Nobody answers at 127.7.7.7:{port}: Connection refused.\n"


@pytest.mark.parametrize("tls", [False, True])
def test_before_a_password_goes_to_another_machine_in_clear_it_warns_once(
    service: Service, certified: Certified, tls: bool
) -> None:
    options = ("--tls", "--ca", str(certified.ca)) if tls else ()
    command = from_afar(service.tls_address if tls else service.address, "--register", *options)
    done = subprocess.run(
        command, cwd=ROOT, env=surroundings("secret"), input="hello\n", capture_output=True, text=True, timeout=SOON
    )
    assert done.returncode == 0
    assert done.stderr.splitlines().count(WARNING) == (0 if tls else 1)


@pytest.mark.parametrize(
    ("answer", "status", "shown"),
    [("y", 0, "You are alice"), ("", 77, "Nothing was sent."), ("n", 77, "Nothing was sent.")],
)
def test_a_person_at_a_terminal_is_asked(service: Service, answer: str, status: int, shown: str) -> None:
    program, *rest = from_afar(service.address, "--register", "--plain")
    child = pexpect.spawn(program, rest, cwd=str(ROOT), env=surroundings("secret", TERM="xterm"), timeout=SOON)
    try:
        child.delaybeforesend = None
        child.expect_exact("can be read on the way")
        child.expect_exact("Go on? [y/N] ")
        child.send(answer + "\r")
        child.expect_exact(shown)
        if status == 0:
            child.expect_exact("alice>")
            child.send("/ex\r")
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == status
    finally:
        child.close(force=True)
