from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from client.keychain import Keychain
from client.where import Where
from tests.client.ring import RING, FileRing

HERE = Where("127.0.0.1", 7700)


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A keyring in a file in this folder."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", RING)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    core = importlib.import_module("keyring.core")
    core.init_backend()
    yield
    monkeypatch.undo()
    core.init_backend()


@pytest.mark.usefixtures("backend")
def test_a_password_is_kept_for_a_user_at_a_server() -> None:
    keychain = Keychain.find()
    assert keychain is not None
    assert "FileRing" in keychain.name
    assert keychain.get(HERE, "alice") is None
    assert keychain.put(HERE, "alice", "correct horse")
    assert keychain.get(HERE, "alice") == "correct horse"
    assert keychain.get(HERE, "bob") is None
    assert keychain.get(Where("127.0.0.1", 7701), "alice") is None


def test_one_that_keeps_nothing_is_none() -> None:
    assert Keychain.find() is None


@pytest.mark.usefixtures("backend")
def test_one_that_hides_nothing_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FileRing, "priority", 0.5)
    assert Keychain.find() is None


def test_it_need_not_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert Keychain.find() is None


@pytest.mark.usefixtures("backend")
def test_one_that_fails_is_as_good_as_none(tmp_path: Path) -> None:
    keychain = Keychain.find()
    assert keychain is not None
    (tmp_path / "ring.json").write_text("{")
    assert not keychain.put(HERE, "alice", "correct horse")
    assert keychain.get(HERE, "alice") is None
