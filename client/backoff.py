"""How long to wait before the next attempt to connect."""

from __future__ import annotations

from collections.abc import Callable, Iterator

#: Seconds: the longest wait before the first attempt, and before any.
FIRST, LONGEST = 0.5, 30.0


def delays(chance: Callable[[], float]) -> Iterator[float]:
    """Longer and longer, each drawn between half and all of its limit, so that many clients do not come at once.

    `chance` gives numbers from 0 to 1.
    """
    limit = FIRST
    while True:
        yield limit * (0.5 + chance() / 2)
        limit = min(2 * limit, LONGEST)
