from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from schema.tools.command_line import main
from tests.examples import FOLDER

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["validate"],
        ["validate", "--format", "yaml", "x"],
        ["validate", "--sender", "nobody", "x"],
        ["validate", "--nonsense", "x"],
        ["validate", "--engine", "saxon", "x"],
        ["validate", "--port", "many", "x"],
        ["transcript", "--room", "No", "x"],
        ["verify"],
        ["diff", "x"],
        ["dissector", "--port", "many"],
        ["diff", "--format", "sarif", "x", "y"],
        ["tap", "--listen", ":0"],
        ["tap", "--listen", ":0", "--connect", "x:1", "--format", "yaml"],
        ["replay", "x"],
        ["replay", "x", "--to", "y:1", "--timeout", "0"],
        ["replay", "x", "--to", "y:1", "--timeout", "soon"],
    ],
)
def test_a_wrong_command_line_ends_with_2_and_says_how_to_write_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.err.startswith("usage: python -m schema")
    assert said.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--help"],
            ["validate", "explain", "transcript", "verify", "diff", "dissector", "tap", "replay"],
        ),
        (["transcript", "--help"], ["--room", "--from", "--user", "--direct", "--sign", "--html", "--new-key"]),
        (["verify", "--help"], ["--key", "--against", "1 not proven"]),
        (["tap", "--help"], ["--listen", "--connect", "--tls", "--ca", "--pretty", "--format", "--record", "3 cannot"]),
        (
            ["replay", "--help"],
            ["CAPTURE", "--to", "--password-file", "--timeout", "--format", "--ca", "1 differences"],
        ),
        (["validate", "--help"], ["--format", "--sender", "--quiet", "--follow", "--engine", "3 unreadable"]),
        (["explain", "--help"], ["RULE"]),
        (["dissector", "--help"], ["--schema", "--port", "--tls-port", "--protocol"]),
        (["diff", "--help"], ["--capture", "--examples", "--minor", "--format", "may break"]),
    ],
)
def test_help_names_what_there_is(arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(("file", "status"), [("pm.xml", 0), ("invalid/empty.xml", 1), ("missing.xml", 3)])
def test_the_status_reaches_the_shell(file: str, status: int) -> None:
    command = [sys.executable, "-m", "schema", "validate", str(FOLDER / file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == status
    assert "Traceback" not in done.stderr


def test_what_is_heavy_is_loaded_only_where_it_is_used() -> None:
    program = (
        "import sys; from schema.tools.command_line import main; print({'xmlschema', 'cryptography'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "set()\n"
