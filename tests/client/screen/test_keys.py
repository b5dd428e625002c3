from __future__ import annotations

from typing import cast

from prompt_toolkit.key_binding.key_bindings import _parse_key

from client.screen.keys import HELP, KEYS, Desk, bindings


def test_every_key_is_one() -> None:
    for key in KEYS:
        assert all(_parse_key(one) for sequence in key.sequences for one in sequence)


def test_no_key_means_two_things() -> None:
    sequences = [sequence for key in KEYS for sequence in key.sequences]
    assert len(set(sequences)) == len(sequences)


def test_nothing_is_reached_with_alt_only() -> None:
    for key in KEYS:
        has_other = any(sequence[0] != "escape" for sequence in key.sequences)
        assert has_other or "/" in key.shown, key.shown


def test_the_first_nine_conversations_have_a_key() -> None:
    keys = {binding.keys for binding in bindings(cast(Desk, None)).bindings}
    assert {("escape", str(place)) for place in range(1, 10)} <= keys
    assert "Alt-1 to Alt-9, /win N" in HELP


def test_help_tells_of_each_key_in_a_line() -> None:
    lines = HELP.splitlines()
    assert all(any(key.shown in line and key.about in line for line in lines) for key in KEYS)
    assert max(map(len, lines)) <= 90
