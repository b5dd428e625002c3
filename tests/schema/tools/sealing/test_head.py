from __future__ import annotations

from dataclasses import replace

import pytest

from schema.parsing import parse
from schema.tools.sealing.chain import canonical
from schema.tools.sealing.head import Head, read_head, write_head
from schema.tools.sealing.selection import Selection
from tests.schema.tools.sealing.made import TALK, TIME, head_of

FULL = Head(
    origin='chat.example & "co" <ü>',
    source="traffic",
    made=TIME,
    count=2,
    first=1,
    last=9,
    selection=Selection("tea", TIME, TIME, "bob", True),
    unread=3,
    key="ab" * 32,
)


@pytest.mark.parametrize("head", [FULL, head_of(TALK), head_of(()), replace(FULL, origin="")])
def test_what_is_written_is_read(head: Head) -> None:
    octets = write_head(head)
    assert read_head(parse(octets)) == head
    assert canonical(parse(octets)) == octets


def test_every_field_changes_it() -> None:
    changed = {
        "origin": "x",
        "source": "log",
        "made": "2026-03-01T09:00:00.001Z",
        "count": 3,
        "first": 2,
        "last": 8,
        "selection": Selection(),
        "unread": 0,
        "key": None,
    }
    forms = {write_head(replace(FULL, **{name: value})) for name, value in changed.items()}  # type: ignore[arg-type]
    assert len(forms | {write_head(FULL)}) == len(changed) + 1
