from __future__ import annotations

import socket

from server.line import Line
from server.outbox import Outbox


def test_each_line_is_itself_and_sends_nothing_until_it_is_attached() -> None:
    near, far = socket.socketpair()
    with near, far:
        outbox = Outbox(10)
        one, other = (Line(1, near, outbox, outbox, lambda: None, lambda: None) for _ in range(2))
        assert one != other
        assert len({one, other}) == 2
        assert (one.attached, one.direct) == (False, False)
