from __future__ import annotations

import json
from pathlib import Path

import pytest

from client.drafts import MAX_KEPT, Drafts, Unsent, load, save
from client.kept import Damaged
from client.view.entries import Talk

BOB, TEA = Talk("bob", is_room=False), Talk("tea")


def test_what_is_not_sent_is_kept(tmp_path: Path) -> None:
    drafts = Drafts({BOB: "half a\nline", TEA: "\x1b[31m"}, [Unsent(BOB, "one"), Unsent(TEA, "waves", "action")])
    save(tmp_path / "x.json", drafts)
    assert load(tmp_path / "x.json") == drafts


def test_where_nothing_is_left_there_is_no_file(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    save(file, Drafts({BOB: "x"}))
    save(file, Drafts({}))
    save(file, Drafts({}))
    assert not file.exists()
    assert load(file) == Drafts({}, [])


def test_the_newest_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    save(file, Drafts({}, [Unsent(BOB, str(number)) for number in range(MAX_KEPT + 10)]))
    assert [one.text for one in load(file).unsent] == [str(number) for number in range(10, MAX_KEPT + 10)]


@pytest.mark.parametrize(
    "content",
    [
        {"drafts": 1},
        {"drafts": [1]},
        {"drafts": [{"text": "x"}]},
        {"drafts": [{"room": 1, "text": "x"}]},
        {"unsent": [{"user": "bob"}]},
        {"unsent": [{"user": "bob", "text": "x", "kind": 1}]},
    ],
)
def test_what_makes_no_sense_is_damaged(tmp_path: Path, content: dict[str, object]) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps(content))
    with pytest.raises(Damaged):
        load(file)
