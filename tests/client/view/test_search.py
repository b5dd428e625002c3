from __future__ import annotations

import pytest

from client.view.search import find
from tests.client.view.scenes import NOW, chat_of, heard, public


@pytest.mark.parametrize(
    ("text", "found"),
    [("tea", [4, 1]), ("TEA", [4, 1]), ("ß", [3]), ("bob", [4, 3, 1]), ("carl", [2]), ("nothing", []), ("alice", [])],
)
def test_what_was_said_is_found_from_the_last_on(text: str, found: list[int]) -> None:
    chat = heard(
        chat_of("bob"),
        public("Tea?", 1),
        public("no", 2, sender="carl"),
        public("Straße", 3),
        public("more tea", 4),
    )
    chat.tell("* Tea is a note.", NOW)
    timeline = chat.timeline
    places = []
    index = find(timeline, text)
    while index is not None:
        places.append(index)
        index = find(timeline, text, timeline[index].number)
    # The first entry is what the login said.
    assert places == found


def test_what_is_forgotten_meanwhile_is_no_place_to_begin() -> None:
    chat = heard(chat_of("bob"), public("tea", 1))
    assert find(chat.timeline, "tea", 99) == 1
