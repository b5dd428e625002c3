from __future__ import annotations

import pytest

from client.view.call import MAX_TEXT, told
from client.view.entries import Said, Talk
from tests.client.view.scenes import BOB, NOW, TEA


@pytest.mark.parametrize(
    ("talk", "text", "line"),
    [
        (BOB, "hello", "bob: hello"),
        (TEA, "alice, hello", "bob in #tea: alice, hello"),
        (BOB, "one\n\ttwo", "bob: one two"),
        (BOB, "\x9b2J\u202e\x07", "bob: \\x9b2J\\u202e\\x07"),
        (BOB, "a" * (MAX_TEXT + 1), f"bob: {'a' * (MAX_TEXT - 1)}…"),
    ],
)
def test_a_message_in_a_few_words(talk: Talk, text: str, line: str) -> None:
    assert told(talk, Said(number=1, after=1, time=NOW, sender="bob", text=text)) == line
