"""The pictures of the client: the command takes them, and those that are there are of this client."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree
from pyte.screens import Char

from tests.conftest import ROOT
from tests.peer import PATIENCE
from tests.screenshots.svg import DARK, LIGHT, picture

PICTURES = ROOT / "client" / "pictures"


def texts(document: str) -> str:
    root = etree.fromstring(document.encode())
    return "\n".join(str(text) for text in root.itertext() if text.strip())


def test_a_screen_becomes_a_picture() -> None:
    cells = [*"a<b", "日", ""]
    row = {place: Char(data, fg="d7005f", reverse=place < 3) for place, data in enumerate(cells)}
    document = picture([row], 5, (4, 0), LIGHT, "A <test>")
    assert "a<b" in texts(document)
    assert "日" in texts(document)
    assert 'fill="#d7005f"' in document
    assert DARK.back not in document


@pytest.mark.heavy
def test_the_command_takes_them_as_they_are_in_the_documentation(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.screenshots", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=4 * PATIENCE)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {path.name for path in PICTURES.iterdir()}
    for name in names:
        taken, kept = ((folder / name).read_text(encoding="utf-8") for folder in (tmp_path, PICTURES))
        assert taken == kept, f"{name} has changed: python -m tests.screenshots"


def test_the_documentation_shows_them() -> None:
    shown = set(re.findall(r"client/pictures/([a-z-]+\.svg)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert shown
    assert shown <= {path.name for path in PICTURES.iterdir()}
