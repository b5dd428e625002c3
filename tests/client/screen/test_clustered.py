from __future__ import annotations

import asyncio

import pytest
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.layout import BufferControl, Window
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.layout.screen import Screen, WritePosition

from client.screen.clustered import ClusterProcessor
from client.screen.harmless import Harmless

FAMILY, FLAG, HEART = "👩\u200d👩\u200d👧", "🇩🇪", "❤\ufe0f"


def cursor(text: str, place: int | None = None) -> int:
    """The column of the cursor in a line with a prompt of two cells."""

    async def draw() -> int:
        buffer = Buffer(document=Document(text, len(text) if place is None else place))
        control = BufferControl(buffer, input_processors=[Harmless(), ClusterProcessor(), BeforeInput("> ")])
        window = Window(control, wrap_lines=True)
        window.write_to_screen(Screen(), MouseHandlers(), WritePosition(0, 0, 40, 3), "", False, None)
        assert window.render_info is not None
        return window.render_info.cursor_position.x

    return asyncio.run(draw())


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 2),
        ("abc", 5),
        ("日本", 6),
        ("e\u0301e\u0301", 4),
        (FAMILY, 4),
        (f"{FLAG}{HEART}", 6),
        (f"a{FAMILY}b{FLAG}c", 9),
        # What is harmful stands there as its code.
        (f"\u202e{FAMILY}", 10),
    ],
)
def test_the_cursor_stands_behind_what_was_typed(text: str, column: int) -> None:
    assert cursor(text) == column


def test_the_cursor_stands_before_what_it_is_in() -> None:
    assert [cursor(f"a{FAMILY}b", place) for place in (0, 1, 2, 5, 6, 7)] == [2, 3, 3, 3, 5, 6]
