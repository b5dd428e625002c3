"""server/THREATS.md names what stands behind each promise; here is that it exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.config import Config
from tests.chaos.__main__ import SCENARIOS
from tests.conftest import ROOT

TESTS = Path(__file__).parent
TEXT = (ROOT / "server" / "THREATS.md").read_text("utf-8")


def promises() -> Iterator[tuple[str, list[str]]]:
    """Against whom each is, with what its last column names."""
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 4 and "`" in cells[3]:
            yield cells[0].strip(), re.findall(r"`([^`]+)`", cells[3])


PROMISES = dict(promises())


def test_every_promise_is_found() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("|")]
    # But for the head of the table.
    assert len(PROMISES) == len(rows) - 2


@pytest.mark.parametrize("against", PROMISES)
def test_what_shows_a_promise_exists(against: str) -> None:
    for name in PROMISES[against]:
        scenario = name.removeprefix("python -m tests.chaos ")
        if "/" not in name:
            assert scenario in SCENARIOS, name
            continue
        tests = TESTS / name
        assert tests.is_file(), name
        assert re.search(r"^ *def test_", tests.read_text("utf-8"), re.MULTILINE), name


def test_the_settings_that_it_names_are_settings() -> None:
    [advice] = re.findall(r"^4\. .*?(?=^5\.)", TEXT, re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`(\w+)`", advice))
    assert len(named) > 5
    assert named <= set(Config.__dataclass_fields__)


@pytest.mark.parametrize("event", ["refused", "not-accepted", "not-stored", "internal-error"])
def test_the_events_that_it_names_are_written(event: str) -> None:
    assert f"`{event}`" in TEXT
    assert any(f'"{event}"' in source.read_text("utf-8") for source in (ROOT / "server").glob("*.py"))
