from __future__ import annotations

import pytest
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.layout import BufferControl
from prompt_toolkit.layout.processors import Transformation, TransformationInput

from client.safe import safe
from client.screen.harmless import Harmless, spelled


def drawn(text: str) -> Transformation:
    document = Document(text)
    control = BufferControl(Buffer(document=document))
    return Harmless().apply_transformation(
        TransformationInput(control, document, 0, lambda at: at, [("", text)], 80, 1)
    )


@pytest.mark.parametrize(
    "text",
    ["plain", "naïve 中文 עברית", "a\u202eb", "\x1b[31mred\x9b", "e" + "\u0301" * 9, "a\u200bb\0c", "👩\u200d🚀"],
)
def test_the_line_shows_what_others_will_see(text: str) -> None:
    shown = "".join(spelled(list(text)))
    if "\u0301" in text:
        # What piles up is counted here, so that each can be taken away.
        assert shown == "e" + "\u0301" * 6 + "\ufffd" * 3
    else:
        assert shown == safe(text)


def test_the_cursor_stands_where_it_is() -> None:
    made = drawn("a\u202eb")
    assert "".join(text for _, text, *_ in made.fragments) == "a\\u202eb"
    assert [made.source_to_display(at) for at in range(4)] == [0, 1, 7, 8]
    assert [made.display_to_source(at) for at in (0, 1, 4, 6, 7, 8)] == [0, 1, 1, 1, 2, 3]


def test_a_line_without_harm_stays_as_it_is() -> None:
    made = drawn("plain")
    assert list(made.fragments) == [("", "plain")]
    assert [made.source_to_display(at) for at in (0, 5)] == [0, 5]
