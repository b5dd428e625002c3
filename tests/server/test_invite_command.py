from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from schema.messages import Login, Welcome
from server.invite_command import main
from tests.conftest import ROOT, Connect, StartServer
from tests.peer import PATIENCE

Captured = pytest.CaptureFixture[str]


def test_a_code_that_is_made_beside_a_running_server_lets_one_register(
    start_server: StartServer, connect: Connect, data: Path
) -> None:
    server = start_server("--registration", "invitation")
    command = [sys.executable, "-m", "server", "invite", "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True)
    code = done.stdout.strip()
    login = Login(id="1", name="anna", password="correct horse", register=True, invitation=code)
    peer = connect(at=server.address)
    welcome = peer.ask(login)
    assert isinstance(welcome, Welcome)
    assert welcome.registered
    other = Login(id="1", name="ben", password="correct horse", register=True, invitation=code)
    assert connect(at=server.address).refused(other) == "bad-invitation"


def test_so_many_are_made_as_one_says_each_on_a_line(data: Path, capsys: Captured) -> None:
    assert main(["--count", "3", "--data", str(data)]) == 0
    codes = capsys.readouterr().out.splitlines()
    assert len(set(codes)) == 3
    assert main(["--list", "--data", str(data)]) == 0
    listed = capsys.readouterr().out
    assert listed.count("good until 2") == 3
    assert not any(code in listed for code in codes)


def test_one_is_revoked_once(data: Path, capsys: Captured) -> None:
    assert main(["--data", str(data), "--days", "0"]) == 0
    code = capsys.readouterr().out.strip()
    assert main(["--revoke", code, "--data", str(data)]) == 0
    assert capsys.readouterr().out == "The invitation is not good any more.\n"
    assert main(["--revoke", code, "--data", str(data)]) == 67
    assert capsys.readouterr().err == "xmlchat: There is no such invitation, or it was used.\n"
    assert main(["--list", "--data", str(data)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "arguments", [["--count", "0"], ["--count", "1001"], ["--days", "-1"], ["--days", "x"], ["anna"]]
)
def test_what_makes_no_sense_is_a_matter_of_usage(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").touch()
    assert main(["--data", str(tmp_path / "file" / "data")]) == 73
    assert capsys.readouterr().err.startswith("xmlchat: The data folder")
