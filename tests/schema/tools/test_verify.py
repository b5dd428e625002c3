"""The command as somebody at a terminal meets it; what it finds is the business of sealing/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schema.tools.command_line import main
from schema.tools.sealing.head import Head
from schema.tools.sealing.keys import make_key, read_private_key
from schema.tools.sealing.selection import Selection
from tests.schema.tools.sealing.made import TALK, TIME, entries_of, made_of, said, with_entries
from tests.schema.tools.traffic import chat, recorded

Terminal = pytest.CaptureFixture[str]

MADE = made_of()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "t.xml"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "audit.pem")
    return tmp_path / "audit.pem.pub"


def verify(*arguments: str | Path) -> int:
    return main(["verify", *map(str, arguments)])


def test_of_an_unsigned_one_it_is_said_what_is_not_proven(file: Path, capsys: Terminal) -> None:
    file.write_bytes(MADE)
    assert verify(file) == 0
    said_of_it = capsys.readouterr().out
    assert said_of_it.startswith(
        f"{file}: proven: nothing was added, dropped or changed since it was made, if the last hash"
    )
    assert '6 messages, seq 3 to 13, of "test" (log)' in said_of_it
    assert "It is not signed: whoever changes it can compute its hashes anew." in said_of_it


def test_of_a_signed_one_it_is_said_whose_key_it_is(file: Path, key: Path, capsys: Terminal) -> None:
    signer = read_private_key(key.with_suffix(""))
    file.write_bytes(made_of(TALK, signer))
    assert verify(file, "--key", key) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == f"{file}: proven: nothing was added, dropped or changed since it was made"
    assert rest[-1] == f"  signed with the key {signer.public}, the one that you gave"
    assert verify(file) == 0
    assert "Whose key that is, is not known here" in capsys.readouterr().out


def test_what_is_wrong_is_said_with_line_entry_and_number(file: Path, capsys: Terminal) -> None:
    file.write_bytes(MADE.replace(b"number 3", b"number 8"))
    assert verify(file) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{file}: not proven",
        "  line 7, entry 3 (seq 7): The message of this entry was changed: it does not give the hash beside it.",
    ]


def test_a_hundred_flaws_are_not_all_named(file: Path, capsys: Terminal) -> None:
    made = made_of(tuple(said(n) for n in range(1, 101)))
    file.write_bytes(with_entries(made, [entry.replace(b"hello", b"hallo") for entry in entries_of(made)]))
    assert verify(file) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  and 80 more"


def test_a_key_that_was_asked_for_must_be_there(file: Path, key: Path, capsys: Terminal) -> None:
    file.write_bytes(MADE)
    assert verify(file, "--key", key) == 1
    assert "It is not signed" in capsys.readouterr().out


def test_what_was_chosen_is_told(file: Path, capsys: Terminal) -> None:
    chosen = Selection("tea", TIME, "2026-03-02T00:00:00.000Z", "bob", False)
    file.write_bytes(made_of((), head=Head("\x85\u202e", "traffic", TIME, 0, None, None, chosen, unread=2)))
    assert verify(file) == 0
    told = capsys.readouterr().out
    assert f"room tea, what bob received, from {TIME}, before 2026-03-02T00:00:00.000Z, without direct messages" in told
    assert "2 of what the server sent could not be read then and is missing" in told
    assert re.search('0 messages, of "\ufffd\ufffd"', told)


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        (chat(3), 0, "the same as in"),
        (chat(5), 0, "where 2 newer have come since"),
        (chat(2), 1, "(seq 3): This message is not in the source"),
    ],
)
def test_it_is_compared_with_its_source(
    source: list[object], status: int, words: str, file: Path, tmp_path: Path, capsys: Terminal
) -> None:
    for name, talk in (("made", chat(3)), ("source", source)):
        (tmp_path / name).write_bytes(recorded(talk))  # type: ignore[arg-type]
    assert main(["transcript", str(tmp_path / "made"), "-o", str(file)]) == 0
    assert verify(file, "--against", tmp_path / "source") == status
    assert words in capsys.readouterr().out


def test_what_cannot_be_read_is_no_proof_of_anything(file: Path, key: Path, tmp_path: Path, capsys: Terminal) -> None:
    assert verify(file) == 3
    assert verify(tmp_path) == 3
    file.write_bytes(MADE)
    assert verify(file, "--against", tmp_path / "missing") == 3
    assert verify(file, "--key", file) == 2
    assert verify(file, "--key", key.with_suffix("")) == 2
    assert "no PEM file with a public key" in capsys.readouterr().err
