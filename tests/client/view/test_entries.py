from __future__ import annotations

import pytest

from client.view.entries import Entry, Moves, Note, Said, Talk
from tests.client.view.scenes import NOW


@pytest.mark.parametrize(("talk", "label"), [(Talk("lobby"), "#lobby"), (Talk("bob", is_room=False), "bob")])
def test_a_conversation_has_a_label(talk: Talk, label: str) -> None:
    assert talk.label == label


@pytest.mark.parametrize(
    ("entry", "size"),
    [
        (Said(number=1, after=1, time=NOW, sender="bob", text="hello"), 5),
        (Note(number=1, after=1, time=NOW, text="* Hm."), 5),
        (Moves(number=1, after=1, time=NOW, came=("bob",), left=("carl",), both=("eve", "dan")), 13),
    ],
)
def test_an_entry_knows_how_much_it_holds(entry: Entry, size: int) -> None:
    assert entry.size == size
