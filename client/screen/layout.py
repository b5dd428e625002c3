"""Where everything stands on the screen."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    VSplit,
    Window,
)
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import BeforeInput, PasswordProcessor

from client.screen import sides
from client.screen.cells import cells
from client.screen.clustered import ClusterProcessor
from client.screen.harmless import Harmless
from client.screen.questions import Questions
from client.screen.timeline_control import TimelineWindow
from client.screen.viewport import Viewport
from client.view.chat import Chat
from client.view.link import Down
from client.view.words import HINT, banner, status

#: Completions shown at once.
_CHOICES = 6

#: The part of the rows that the input line may take.
_SHARE = 3


def is_listed() -> bool:
    """Whether the terminal is wide enough for the list of conversations."""
    return get_app().output.get_size().columns >= sides.TALKS_FROM


def _has_people() -> bool:
    return get_app().output.get_size().columns >= sides.PEOPLE_FROM


def make_layout(
    chat: Chat,
    viewport: Viewport,
    line: Buffer,
    secret: Buffer,
    questions: Questions,
    is_new: Callable[[], bool],
    about_paste: Callable[[], str],
) -> Layout:
    """While there are `questions`, they take the place of the line; `is_new` says whether the person needs hints.

    `about_paste` is what is asked about a paste, above the line; empty for nothing.
    """
    is_asked = Condition(lambda: questions.open)
    middle = VSplit(
        [
            ConditionalContainer(
                VSplit([_side(lambda height: sides.talks(chat, height), sides.TALKS_WIDTH), _edge(), Window(width=1)]),
                Condition(is_listed),
            ),
            TimelineWindow(viewport),
            ConditionalContainer(
                VSplit([_edge(), _side(lambda height: sides.people(chat, height), sides.PEOPLE_WIDTH)]),
                Condition(_has_people),
            ),
        ]
    )
    rows = HSplit(
        [
            ConditionalContainer(_banner(chat), Condition(lambda: banner(chat.link) is not None)),
            middle,
            Window(FormattedTextControl(lambda: _status(chat, is_new)), height=1, style="class:status"),
            ConditionalContainer(_question(about_paste), Condition(lambda: bool(about_paste()))),
            ConditionalContainer(_input(line, lambda: "> "), ~is_asked),
            ConditionalContainer(_input(secret, lambda: questions.question, hidden=True), is_asked),
        ]
    )
    menu = Float(CompletionsMenu(max_height=_CHOICES), xcursor=True, ycursor=True)
    return Layout(FloatContainer(rows, [menu]), focused_element=line)


def _banner(chat: Chat) -> Window:
    def text() -> StyleAndTextTuples:
        role = "banner.down" if isinstance(chat.link, Down) else "banner.up"
        return [(f"class:{role}", banner(chat.link) or "")]

    return Window(FormattedTextControl(text), wrap_lines=True, dont_extend_height=True, height=Dimension(max=3))


def _question(text: Callable[[], str]) -> Window:
    return Window(
        FormattedTextControl(lambda: [("class:question", text())]),
        wrap_lines=True,
        dont_extend_height=True,
        height=Dimension(max=4),
    )


def _status(chat: Chat, is_new: Callable[[], bool]) -> StyleAndTextTuples:
    """The longest sentence that fits, and the hint where there is room for it too."""
    width = get_app().output.get_size().columns
    choices = status(chat, listed=is_listed())
    said = next((one for one in choices if cells(one) <= width), choices[-1])
    room = width - cells(said)
    return [("", said), ("", HINT.rjust(room) if is_new() and room > len(HINT) else "")]


def _input(buffer: Buffer, prompt: Callable[[], str], *, hidden: bool = False) -> Window:
    """As many rows as the text needs, and a third of the screen at the most."""
    shown = [PasswordProcessor(char="")] if hidden else [Harmless(), ClusterProcessor()]
    return Window(
        BufferControl(buffer, input_processors=[*shown, BeforeInput(prompt)]),
        height=lambda: Dimension(min=1, max=max(get_app().output.get_size().rows // _SHARE, 1)),
        dont_extend_height=True,
        wrap_lines=True,
    )


def _side(spans: Callable[[int], StyleAndTextTuples], width: int) -> Window:
    return Window(
        FormattedTextControl(lambda: spans(get_app().output.get_size().rows - 2)), width=width, dont_extend_width=True
    )


def _edge() -> Window:
    return Window(width=1, char="│", style="class:edge")
