from __future__ import annotations

from client.screen.timeline_control import TimelineControl
from client.screen.viewport import Viewport
from tests.client.view.scenes import chat_of, heard, public


def test_it_draws_as_many_rows_as_there_are() -> None:
    control = TimelineControl(Viewport(heard(chat_of("bob"), public("hello"))))
    content = control.create_content(40, 7)
    assert content.line_count == 7
    assert content.get_line(6)[0][0] == "class:time"
    assert "".join(fragment[1] for fragment in content.get_line(6)).endswith("bob: hello")
    assert not content.show_cursor
