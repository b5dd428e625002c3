"""The part of the screen with the messages."""

from __future__ import annotations

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.controls import UIContent, UIControl

from client.screen.viewport import Viewport


class TimelineControl(UIControl):
    """Draws what the viewport shows, as many rows as there are and no others."""

    def __init__(self, viewport: Viewport) -> None:
        self._viewport = viewport

    def create_content(self, width: int, height: int) -> UIContent:
        rows = self._viewport.draw(width, height)

        def line(number: int) -> StyleAndTextTuples:
            return [(f"class:{role}" if role else "", text) for role, text in rows[number]]

        return UIContent(get_line=line, line_count=len(rows), show_cursor=False)
