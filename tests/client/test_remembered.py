from __future__ import annotations

import json
from pathlib import Path

import pytest

from client.kept import Damaged
from client.remembered import Remembered, recall, remember
from client.where import Where


@pytest.mark.parametrize(
    "what",
    [
        Remembered(),
        Remembered("chat.example", 7743, True, "/ca.pem", "alice", False),
        Remembered("::1", 7700, user="bob", keyring=True),
    ],
)
def test_what_is_remembered_is_recalled(tmp_path: Path, what: Remembered) -> None:
    remember(tmp_path / "x.json", what)
    assert recall(tmp_path / "x.json") == what


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    assert recall(tmp_path / "x.json").where is None


def test_a_server_needs_a_port() -> None:
    assert Remembered("a", 7700).where == Where("a", 7700)
    assert Remembered("a").where is None


@pytest.mark.parametrize(
    "content", [{"host": 1}, {"host": ""}, {"port": "7700"}, {"port": True}, {"port": 0}, {"tls": 1}, {"user": []}]
)
def test_what_makes_no_sense_is_damaged(tmp_path: Path, content: dict[str, object]) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps(content))
    with pytest.raises(Damaged):
        recall(file)


def test_what_a_later_version_remembers_is_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"user": "alice", "colour": "red", "host": null}')
    assert recall(file) == Remembered(user="alice")
