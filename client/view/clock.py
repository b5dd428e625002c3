"""Times of the wire where the reader is."""

from __future__ import annotations

from datetime import datetime


def hour(time: str) -> str:
    """Hours and minutes."""
    local = _local(time)
    return local.strftime("%H:%M") if local else "--:--"


def day(time: str) -> str:
    """As a line between two days says it: Sunday, 1 March 2026; empty where it is no day."""
    local = _local(time)
    return f"{local:%A}, {local.day} {local:%B %Y}" if local else ""


def _local(time: str) -> datetime | None:
    try:
        return datetime.fromisoformat(time).astimezone()
    except (ValueError, OverflowError):
        # The 31st of February; or the year 1, west of Greenwich.
        return None
