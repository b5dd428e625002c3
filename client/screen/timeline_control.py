"""The part of the screen with the messages."""

from __future__ import annotations

import os

from prompt_toolkit.application import get_app
from prompt_toolkit.layout import Dimension, Window
from prompt_toolkit.layout.controls import UIContent, UIControl
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.screen import Screen, WritePosition

from client.screen.drawn import Drawing, knows_links
from client.screen.viewport import Viewport


class TimelineControl(UIControl):
    """Draws what the viewport shows, as many rows as there are and no others."""

    def __init__(self, viewport: Viewport, *, links: bool = False) -> None:
        """`links` says that the terminal lets addresses be clicked."""
        self._viewport = viewport
        self._links = links
        self._drawing = Drawing()
        #: The column of the screen at which it begins.
        self.left = 0

    def create_content(self, width: int, height: int) -> UIContent:
        rows = self._viewport.draw(width, height)
        # A menu covers parts of rows, and with them what ends a link.
        links = self._links and get_app().current_buffer.complete_state is None

        lines = [self._drawing.row(number, row, width, self.left, links=links) for number, row in enumerate(rows)]
        return UIContent(get_line=lines.__getitem__, line_count=len(lines), show_cursor=False)


class TimelineWindow(Window):
    """Tells the control where it stands."""

    def __init__(self, viewport: Viewport) -> None:
        self._timeline = TimelineControl(viewport, links=knows_links(os.environ.get("TERM", "")))
        super().__init__(self._timeline, height=Dimension(min=1))

    def write_to_screen(
        self,
        screen: Screen,
        mouse_handlers: MouseHandlers,
        write_position: WritePosition,
        parent_style: str,
        erase_bg: bool,
        z_index: int | None,
    ) -> None:
        self._timeline.left = write_position.xpos
        super().write_to_screen(screen, mouse_handlers, write_position, parent_style, erase_bg, z_index)
