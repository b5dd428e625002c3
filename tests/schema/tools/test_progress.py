from __future__ import annotations

import io
from pathlib import Path

import pytest

from schema.tools import progress as module
from schema.tools.progress import Progress


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EVERY", 0.0)
    monkeypatch.setattr(module, "_STEP", 10)


def test_it_says_how_far_it_is_and_goes_away(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1000)
    out = io.StringIO()
    progress = Progress(out)
    with path.open("rb") as file:
        progress.opened(file)
        file.read(500)
        for _ in range(20):
            progress.step()
    assert "50 %, 20 documents, " in out.getvalue()
    progress.clear()
    assert out.getvalue().endswith("\r\x1b[K")


def test_of_what_has_no_size_it_only_counts() -> None:
    out = io.StringIO()
    progress = Progress(out)
    progress.opened(io.BytesIO(b"x"))
    for _ in range(10):
        progress.step()
    assert "%" not in out.getvalue()
    assert "10 documents" in out.getvalue()


def test_what_is_short_shows_nothing() -> None:
    out = io.StringIO()
    progress = Progress(out)
    progress.step()
    progress.clear()
    assert out.getvalue() == ""
