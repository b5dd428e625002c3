"""The command as somebody at a terminal meets it; what is found is the business of the parts it is made of."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from schema.framing import frame
from schema.messages import Pm
from schema.tools.command_line import main
from schema.tools.validate import found_in
from server.service import Service
from tests.conftest import Connect
from tests.examples import FOLDER
from tests.schema.tools.traffic import captured, chat, document, framed, recorded, segments, talk

ROOT = Path(__file__).parents[3]
PING = document('<ping id="1"/>')
BROKEN = document('<pm id="1" room="Lobby"><text/></pm>')
TWICE = chat()[:3] + talk('C: <who id="2"/>\nC: <list id="2"/>\nS: <users re="2" room="lobby"/>\nS: <rooms re="2"/>')

Terminal = pytest.CaptureFixture[str]


def validate(*arguments: str | Path) -> int:
    return main(["validate", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def lines(capsys: Terminal) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_what_is_valid_is_only_counted(capsys: Terminal) -> None:
    assert validate(FOLDER / "pm.xml") == 0
    assert lines(capsys) == ["1 document, 1 valid, 0 invalid"]


def test_verbose_names_what_is_valid(capsys: Terminal) -> None:
    assert validate("--verbose", FOLDER / "pm.xml") == 0
    assert lines(capsys)[0] == f"{FOLDER}/pm.xml  valid pm"


def test_what_is_wrong_is_said_with_its_place(file: Path, capsys: Terminal) -> None:
    file.write_bytes(BROKEN)
    assert validate(file) == 1
    head, finding, *_ = lines(capsys)
    assert head == str(file)
    assert finding.startswith("  1:34  error  XC608 wrong-value: The attribute 'room' is 'Lobby'; expected ")


@pytest.mark.parametrize("kind", [framed, recorded, lambda said: captured(segments(said))])
def test_a_conversation_without_fault_is_valid_whatever_it_is_kept_in(
    kind: object, file: Path, capsys: Terminal
) -> None:
    assert callable(kind)
    file.write_bytes(kind(chat()))
    assert validate(file) == 0
    assert lines(capsys) == [f"{len(chat())} documents, {len(chat())} valid, 0 invalid"]


def test_quiet_leaves_out_the_count(capsys: Terminal) -> None:
    assert validate("--quiet", FOLDER / "pm.xml") == 0
    assert lines(capsys) == []


def test_a_file_that_cannot_be_read_does_not_stop_the_others(file: Path, capsys: Terminal) -> None:
    assert validate(file, FOLDER / "pm.xml") == 3
    said = capsys.readouterr()
    assert said.err == f"{file}: cannot be read: No such file or directory\n"
    assert said.out == "1 document, 1 valid, 0 invalid\n"


def test_unreadable_is_worse_than_invalid(file: Path) -> None:
    assert validate(file, FOLDER / "invalid" / "empty.xml") == 3


@pytest.mark.parametrize(("sender", "status"), [("client", 0), ("server", 1)])
def test_the_sender_decides_what_may_be_said(sender: str, status: int) -> None:
    assert validate("--sender", sender, FOLDER / "pm.xml") == status


@pytest.mark.parametrize(
    ("arguments", "status", "rules"),
    [
        ((), 0, ["XC705"]),
        (("--strict",), 1, ["XC705"]),
        (("--ignore", "XC705"), 0, []),
        (("--strict", "--ignore", "conversation"), 0, []),
        (("--select", "XC7"), 0, ["XC705"]),
        (("--select", "schema,framing"), 0, []),
        (("--select", "XC7", "--ignore", "id-unanswered"), 0, []),
    ],
)
def test_rules_are_chosen_and_warnings_count_where_asked(
    arguments: tuple[str, ...], status: int, rules: list[str], file: Path, capsys: Terminal
) -> None:
    file.write_bytes(recorded(TWICE))
    assert validate("--format", "ndjson", *arguments, file) == status
    found = [json.loads(line) for line in lines(capsys)]
    assert [one["rule"] for one in found if one["type"] == "finding"] == rules


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_a_rule_that_is_none_is_a_wrong_command_line(option: str, capsys: Terminal) -> None:
    assert validate(option, "XC999", FOLDER / "pm.xml") == 2
    assert "'XC999' is no rule" in capsys.readouterr().err


def test_the_port_of_the_server(file: Path, capsys: Terminal) -> None:
    file.write_bytes(captured(segments(chat())))
    assert validate("--port", "7000", file) == 0
    assert lines(capsys) == ["0 documents, 0 valid, 0 invalid"]


@pytest.mark.parametrize("engine", ["lxml", "xmlschema", "both"])
def test_the_engines_agree_about_a_conversation(engine: str, file: Path) -> None:
    file.write_bytes(recorded(chat()))
    assert validate("--engine", engine, file) == 0
    file.write_bytes(BROKEN)
    assert validate("--engine", engine, file) == 1


def test_another_schema(file: Path, tmp_path: Path, capsys: Terminal) -> None:
    xsd = tmp_path / "x.xsd"
    xsd.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="n" type="xs:int"/></xs:schema>'
    )
    file.write_bytes(frame(b"<n>1</n>") + frame(b"<n>one</n>"))
    assert validate("--schema", xsd, "--format", "parsable", file) == 1
    [line] = lines(capsys)
    assert line.startswith(f"{file}:1:1: error XC608 ")
    assert validate("--schema", file, file) == 2


def test_the_message_log_of_a_server(service: Service, connect: Connect, data: Path, capsys: Terminal) -> None:
    alice = connect("alice")
    for number in range(3):
        alice.publish(Pm(id=str(number), text="hello"))
    assert validate(data) == 0
    assert lines(capsys)[-1] == "3 documents, 3 valid, 0 invalid"


def test_a_whole_file_in_one_call(file: Path) -> None:
    file.write_bytes(frame(PING) + frame(BROKEN))
    assert [finding.where.frame for finding in found_in(str(file))] == [2]


def test_the_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Terminal) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(framed(chat())))))
    assert validate("-") == 0
    assert lines(capsys) == [f"{len(chat())} documents, {len(chat())} valid, 0 invalid"]


def at_a_terminal(file: Path, **environment: str) -> tuple[str, int]:
    """What the command says where its output and its errors go to a terminal."""
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "schema", "validate", str(file)]
    usual = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environ = {**usual, "TERM": "xterm", **environment}
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(command, cwd=ROOT, stdout=its, stderr=its, env=environ)
        os.close(its)
        said = b""
        try:
            while some := screen.read(4096):
                said += some
        except OSError:  # What Linux says at the end of a terminal.
            pass
        return said.decode(), process.wait(60)


def test_colours_are_for_terminals_that_want_them(file: Path) -> None:
    file.write_bytes(BROKEN)
    coloured, status = at_a_terminal(file)
    assert status == 1
    assert "\x1b[1;31merror\x1b[0m" in coloured
    assert "\x1b" not in at_a_terminal(file, NO_COLOR="1")[0]
    assert "\x1b" not in at_a_terminal(file, TERM="dumb")[0]


def test_a_file_that_grows_is_followed_until_ctrl_c(file: Path) -> None:
    file.write_bytes(frame(PING))
    command = [sys.executable, "-m", "schema", "validate", "--follow", "--format", "ndjson", str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with file.open("ab") as writer:
            writer.write(frame(BROKEN))
        finding = json.loads(process.stdout.readline())
        assert (finding["rule"], finding["frame"]) == ("XC608", 2)
        with file.open("ab") as writer:
            writer.write(frame(PING))
        process.send_signal(2)
        summary = json.loads(process.stdout.readline())
        assert summary["invalid"] == 1
        assert process.wait(60) == 1


def test_a_reader_that_has_seen_enough_ends_it_quietly(file: Path) -> None:
    file.write_bytes(frame(BROKEN) * 5000)
    command = f"{sys.executable} -m schema validate {file} | head -n 1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
