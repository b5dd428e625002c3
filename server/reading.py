"""How the server learns what a client has read: a ping after it, whose pong comes when everything before was read."""

from __future__ import annotations

from schema.messages import Ping, Pong

_PREFIX = "read-"


def read_ping(seq: int) -> Ping:
    """To be sent after a message and whatever came before it."""
    return Ping(id=f"{_PREFIX}{seq}")


def read_up_to(pong: Pong) -> int | None:
    """The message that a pong is the sign for; None if it answers another ping."""
    number = pong.re.removeprefix(_PREFIX)
    return int(number) if number != pong.re and number.isdecimal() and len(number) <= 18 else None
