from __future__ import annotations

from schema.messages import Side
from schema.tools.tapping.backlog import Backlog, Closed, Happening, Missed, Octets, Opened

OPENED = Opened(1, "127.0.0.1:1", "127.0.0.1:2", 0)
CLOSED = Closed(1, seen=True, time=9)


def octets(count: int, sender: Side = Side.CLIENT) -> Octets:
    return Octets(1, sender, b"x" * count, 5)


def test_what_is_put_comes_out_in_its_order_and_then_the_end() -> None:
    backlog = Backlog()
    put: list[Happening] = [OPENED, octets(3), octets(2, Side.SERVER), CLOSED]
    for one in put:
        backlog.put(one)
    backlog.end()
    assert [backlog.get() for _ in range(5)] == [*put, None]


def test_what_is_too_much_is_counted_and_its_place_is_told() -> None:
    backlog = Backlog(limit=10)
    for one in (octets(8), octets(3), octets(4), octets(2), octets(1, Side.SERVER)):
        backlog.put(one)
    assert backlog.get() == octets(8)
    assert backlog.get() == Missed(1, Side.CLIENT, 7, 5)
    assert backlog.get() == octets(2)
    # There is room again.
    backlog.put(octets(9))
    backlog.put(octets(1, Side.SERVER))
    backlog.put(CLOSED)
    server = octets(1, Side.SERVER)
    assert [backlog.get() for _ in range(4)] == [octets(9), Missed(1, Side.SERVER, 1, 5), server, CLOSED]


def test_what_was_missed_at_the_end_is_told_before_it() -> None:
    backlog = Backlog(limit=1)
    backlog.put(octets(5, Side.SERVER))
    backlog.put(CLOSED)
    assert [backlog.get(), backlog.get()] == [Missed(1, Side.SERVER, 5, 9), CLOSED]
