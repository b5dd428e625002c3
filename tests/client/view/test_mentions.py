from __future__ import annotations

import pytest

from client.view.mentions import Mentions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("alice: hello", ["alice"]),
        ("hello alice", ["alice"]),
        ("Alice, @alice and ALICE.", ["Alice", "@alice", "ALICE"]),
        ("ask (alice)!", ["alice"]),
        ("alice.", ["alice"]),
        ("malice", []),
        ("alice2 alice-b alice_c alice.d", []),
        ("b.alice", []),
        ("ali ce", []),
        ("", []),
    ],
)
def test_a_name_is_found_as_a_word(text: str, found: list[str]) -> None:
    mentions = Mentions("alice")
    assert [text[start:end] for start, end in mentions.spans(text)] == found
    assert (text in mentions) == bool(found)


def test_a_name_is_no_pattern() -> None:
    assert "axb" not in Mentions("a.b")
    assert "a.b" in Mentions("a.b")
