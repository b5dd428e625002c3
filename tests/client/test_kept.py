from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from client.kept import Damaged, config_file, drafts_file, keep, read


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "some.json"
    assert read(file) == {}
    keep(file, {"text": "naïve \x9b \ud800 \u202e"})
    keep(file, {"text": "second"}, durable=False)
    assert read(file) == {"text": "second"}
    # Nothing is left of how it was written.
    assert [one.name for one in file.parent.iterdir()] == ["some.json"]


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "some.json"
    before = os.umask(0)
    try:
        keep(file, {})
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a": 1}x'])
def test_a_damaged_file_is_put_aside(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "some.json"
    file.write_bytes(content)
    with pytest.raises(Damaged, match=r"is damaged and is not used. It is now some.json.damaged"):
        read(file)
    assert (tmp_path / "some.json.damaged").read_bytes() == content
    assert read(file) == {}


def test_what_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "some.json"
    keep(file, {"a": 1})
    with pytest.raises(TypeError):
        keep(file, {"a": object()})
    assert read(file) == {"a": 1}
    assert len(list(tmp_path.iterdir())) == 1


def test_no_test_knows_the_home_of_who_runs_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    own = tmp_path_factory.getbasetemp()
    assert {own} <= {*config_file().parents} & {*drafts_file("a", 1, "b").parents} & {*Path.home().parents}


def test_the_places_follow_the_xdg_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert config_file() == tmp_path / "c" / "xmlchat" / "client.json"
    drafts = drafts_file("::1", 7700, "alice")
    assert drafts.parent == tmp_path / "s" / "xmlchat" / "drafts"
    # A host is what somebody typed: it leads nowhere else.
    assert drafts_file("../../x", 1, "alice").parent == drafts.parent
    assert len({drafts_file(*one) for one in (("a", 1, "b"), ("a", 11, "b"), ("A", 1, "b"), ("a", 1, "c"))}) == 4
