"""`python -m server user`, as an operator meets it; a server may be running on the same folder."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from schema.messages import Login
from server.user_commands import main
from tests.conftest import ROOT, Connect, ServerProcess
from tests.peer import PATIENCE
from tests.server.people import accounts_in

Captured = pytest.CaptureFixture[str]

PASSWORD = "battery staple"


@pytest.fixture
def anna(data: Path) -> str:
    data.mkdir()
    with accounts_in(data) as accounts:
        accounts.register("anna", "correct horse")
    return "anna"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\nmore\n")
    return file


def run(data: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.cheap_server", "user", *arguments, "--data", str(data)]
    return subprocess.run(command, cwd=ROOT, input=typed, capture_output=True, text=True, timeout=PATIENCE, check=False)


def verify(data: Path, name: str, password: str) -> bool:
    with accounts_in(data) as accounts:
        return accounts.verify(name, password)


def test_somebody_is_added_beside_a_running_server_and_can_log_in(
    server_process: ServerProcess, connect: Connect, data: Path
) -> None:
    done = run(data, "add", "anna", "--password-stdin", "--role", "moderator", typed=f"{PASSWORD}\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "anna is registered.\n", "")
    connect("anna", password=PASSWORD, at=server_process.address)
    with accounts_in(data) as accounts:
        assert accounts.role("anna") == "moderator"


def test_somebody_is_disabled_beside_a_running_server_and_is_out(
    server_process: ServerProcess, connect: Connect, data: Path
) -> None:
    peer = connect("anna", at=server_process.address)
    done = run(data, "disable", "anna")
    assert (done.returncode, done.stdout) == (0, "anna cannot log in any more.\n")
    peer.expect_bye("account-disabled")
    assert run(data, "enable", "anna").returncode == 0
    connect("anna", at=server_process.address)


def test_a_folder_that_is_not_there_is_made_for_its_owner_alone(
    data: Path, password_file: Path, connect: Connect
) -> None:
    assert main(["add", "anna", "--data", str(data), "--password-file", str(password_file)]) == 0
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "accounts.db").stat().st_mode & 0o777 == 0o600
    assert verify(data, "anna", PASSWORD)


def test_in_a_terminal_the_password_is_asked_for_twice_and_not_shown(data: Path, anna: str) -> None:
    command = ["-m", "tests.cheap_server", "user", "passwd", anna, "--data", str(data)]
    terminal = pexpect.spawn(sys.executable, command, cwd=str(ROOT), timeout=PATIENCE, encoding="utf-8")
    shown = io.StringIO()
    terminal.logfile_read = shown
    for question, answer in (
        ("Password for anna: ", PASSWORD),
        ("The same again: ", "battery stable"),
        ("Those were two different ones.\r\nPassword for anna: ", PASSWORD),
        ("The same again: ", PASSWORD),
    ):
        terminal.expect_exact(question)
        terminal.waitnoecho()
        terminal.sendline(answer)
    terminal.expect_exact("anna has a new password.")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert "battery" not in shown.getvalue()
    assert verify(data, anna, PASSWORD)


def test_a_role_is_given_and_taken(data: Path, anna: str, capsys: Captured) -> None:
    for role, said in (("admin", "anna is admin.\n"), ("none", "anna has no role.\n")):
        assert main(["role", anna, role, "--data", str(data)]) == 0
        assert capsys.readouterr().out == said
        with accounts_in(data) as accounts:
            assert accounts.role(anna) == (None if role == "none" else role)


def test_the_list_says_who_there_is(data: Path, anna: str, capsys: Captured) -> None:
    with accounts_in(data) as accounts:
        accounts.register("ben", PASSWORD, role="admin")
        accounts.disable("ben")
    assert main(["list", "--data", str(data)]) == 0
    lines = [line.split()[:3] for line in capsys.readouterr().out.splitlines()]
    assert lines == [["anna", "-", "active"], ["ben", "admin", "disabled"]]


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["add", "anna", "--password-file", "{file}"], 65, "There is a user anna already."),
        (["passwd", "ben", "--password-file", "{file}"], 67, "There is no user ben."),
        (["disable", "ben"], 67, "There is no user ben."),
        (["enable", "ben"], 67, "There is no user ben."),
        (["role", "ben", "admin"], 67, "There is no user ben."),
        (["passwd", "anna", "--password-file", "/no/such/file"], 65, "The password file /no/such/file cannot be read"),
        (["passwd", "anna", "--config", "/no/such/file", "--password-stdin"], 78, "The configuration /no/such/file"),
    ],
)
def test_what_cannot_be_done_is_said(
    data: Path, anna: str, password_file: Path, capsys: Captured, arguments: list[str], status: int, sentence: str
) -> None:
    assert main([one.format(file=password_file) for one in arguments] + ["--data", str(data)]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"xmlchat: {sentence}")
    assert verify(data, anna, "correct horse")


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "A password has 8 characters at the least; this one has 5."),
        ("x" * 129, "A password has 128 characters at the most; this one has 129."),
        ("", "A password has 8 characters at the least; this one has 0."),
        ("\x1bpassword", "A password cannot hold such characters"),
    ],
)
def test_a_password_that_will_not_do_is_said(
    data: Path, anna: str, password_file: Path, capsys: Captured, password: str, sentence: str
) -> None:
    password_file.write_text(password)
    for command, name in (("passwd", anna), ("add", "ben")):
        assert main([command, name, "--data", str(data), "--password-file", str(password_file)]) == 65
        assert capsys.readouterr().err.startswith(f"xmlchat: {sentence}")
    assert verify(data, anna, "correct horse")


def test_the_least_length_is_that_of_the_servers_settings(
    data: Path, anna: str, password_file: Path, tmp_path: Path
) -> None:
    password_file.write_text("short\r\n")
    settings = tmp_path / "chat.toml"
    settings.write_text("password_min = 5\n")
    more = ["--data", str(data), "--password-file", str(password_file), "--config", str(settings)]
    assert main(["passwd", anna, *more]) == 0
    assert verify(data, anna, "short")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["add"],
        ["add", "Anna"],
        ["add", "anna", "--password", "geheim"],
        ["add", "anna", "--role", "king"],
        ["role", "anna"],
        ["role", "anna", "king"],
        ["list", "anna"],
        ["remove", "anna"],
    ],
)
def test_what_is_no_command_is_a_matter_of_usage(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m server user" in capsys.readouterr().err


def test_without_a_terminal_a_password_has_to_be_given(data: Path, anna: str) -> None:
    done = run(data, "passwd", anna)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("xmlchat: No password: give --password-file or --password-stdin")


def test_a_server_that_is_running_sees_a_new_password(
    server_process: ServerProcess, connect: Connect, data: Path, password_file: Path
) -> None:
    peer = connect("anna", at=server_process.address)
    assert main(["passwd", "anna", "--data", str(data), "--password-file", str(password_file)]) == 0
    peer.expect_bye("password-changed")
    assert connect(at=server_process.address).refused(Login(id="1", name="anna", password="correct horse")) == (
        "wrong-password"
    )


def test_accounts_that_others_may_read_are_left_alone(data: Path, anna: str, capsys: Captured) -> None:
    (data / "accounts.db").chmod(0o644)
    assert main(["list", "--data", str(data)]) == 77
    assert "chmod 600" in capsys.readouterr().err
