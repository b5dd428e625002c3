from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth
from wcwidth import wcswidth

from client.safe import safe
from client.screen import cells as module
from client.screen.cells import Clusters, cells, clusters, has_disputed, is_disputed, measure

FAMILY, FLAG, THUMB, HEART = "👩\u200d👩\u200d👧", "🇩🇪", "👍🏽", "❤\ufe0f"

#: Texts of all scripts, and what makes several characters one.
TEXT = st.lists(
    st.sampled_from([*"ab 日語한กำสวั\u0e31שלוםالعe\u0301\u0308👩👍🏽\u200d\ufe0f\ufe0e❤☎🇩🇪1\u20e3", "क्ष", "न\u093f"]),
    max_size=60,
).map("".join)


@pytest.mark.parametrize(
    ("text", "width", "reach"),
    [
        ("", 0, 0),
        ("hello", 5, 5),
        ("日本", 4, 4),
        ("e\u0301e\u0301", 2, 2),
        ("שלום", 4, 4),
        ("สวัสดี", 4, 4),
        (FAMILY, 2, 6),
        (FLAG, 2, 4),
        (THUMB, 2, 4),
        (HEART, 2, 2),
        (f"{FAMILY}ab", 4, 6),
        (f"{FAMILY}abcdef", 8, 8),
        # Somebody would like to be wider than a row.
        ("👍" + "🏽" * 100, 202, 202),
    ],
)
def test_a_text_is_measured_as_it_is_drawn(text: str, width: int, reach: int) -> None:
    assert measure(text) == (width, reach)
    assert cells(text) == width


def test_what_terminals_differ_about() -> None:
    assert [one for one in (FAMILY, FLAG, THUMB, HEART, "e\u0301", "日", "a", "ש") if is_disputed(one)] == [
        FAMILY,
        FLAG,
        THUMB,
        HEART,
    ]
    assert has_disputed(f"so {FLAG}")
    assert not has_disputed("日本 e\u0301")


@given(TEXT)
def test_prompt_toolkit_is_told_the_same(text: str) -> None:
    said = Clusters(safe(text))
    assert "".join(said) == said
    assert sum(get_cwidth(cluster) for cluster in said) == cells(said)


@given(TEXT)
def test_a_text_is_not_wider_than_its_clusters(text: str) -> None:
    assert wcswidth(safe(text)) <= cells(safe(text))


def test_nobody_fills_the_memory_with_ever_new_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TAUGHT", 3)
    flags = "🇦🇧🇦🇨🇦🇩🇦🇪🇦🇫"
    for _ in range(2):
        assert list(Clusters(flags)) == list(clusters(flags))
        assert len(module._taught) <= 3
    assert get_cwidth("🇦🇫") == 2
