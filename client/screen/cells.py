"""How many of the terminal's cells a text takes.

What a reader sees as one character may be several of Unicode's: a letter with its marks, a flag, a family (UAX #29).
Newer terminals draw such a cluster as one, in the cells that wcwidth says; older ones draw its parts one beside the
other. So a cluster takes the cells of the newer ones, fits into its row also where it takes those of the older ones,
and what follows it is drawn at a column of its own (client/screen/drawn.py): edges stay straight on both.

Right-to-left text is handed over as it was written, in its logical order: terminals that can turn it do so by
themselves, and isolates (UAX #9) would be drawn as characters by many that cannot. A row begins with its time and ends
at an edge, so that nothing beside a text is turned with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from prompt_toolkit.utils import _CHAR_SIZES_CACHE
from wcwidth import iter_graphemes, wcswidth, wcwidth

#: Cells that the parts of a cluster may take: those of a family of four, each of a colour. What is longer was made to
#: be longer than a row.
MAX_REACH = 16

#: Clusters whose widths are known to prompt_toolkit at once: more than a screen shows, and others choose them.
MAX_TAUGHT = 4_096

#: Those of which prompt_toolkit would say something else, as it adds up their parts.
_taught: set[str] = set()


def cells(text: str) -> int:
    """The cells of a text without controls."""
    return measure(text)[0]


def measure(text: str) -> tuple[int, int]:
    """The cells of a text, and those that it may reach over in a terminal that draws the parts of clusters."""
    if text.isascii():
        return len(text), len(text)
    used = reach = 0
    for cluster in clusters(text):
        own, most = _widths(cluster)
        reach = max(reach, used + most)
        used += own
    return used, max(used, reach)


def clusters(text: str) -> Iterator[str]:
    """What a reader sees as characters; those of too many parts in parts."""
    if text.isascii():
        yield from text
        return
    for cluster in iter_graphemes(text):
        if len(cluster) > 1 and _widths(cluster)[1] > MAX_REACH:
            yield from cluster
        else:
            yield cluster


def is_disputed(cluster: str) -> bool:
    """Whether terminals differ about its cells."""
    if len(cluster) == 1:
        return False
    own, most = _widths(cluster)
    return own != most or own != _sum(cluster)


def has_disputed(text: str) -> bool:
    """Whether there is such a cluster in a text."""
    return not text.isascii() and any(map(is_disputed, clusters(text)))


class Clusters(str):
    """A text for prompt_toolkit, which puts what it iterates over into cells: clusters, of their widths."""

    def __iter__(self) -> Iterator[str]:
        for cluster in clusters(str(self)):
            if is_disputed(cluster):
                _teach(cluster)
            yield cluster


def _teach(cluster: str) -> None:
    if cluster in _taught:
        return
    if len(_taught) >= MAX_TAUGHT:
        for one in _taught:
            _CHAR_SIZES_CACHE.pop(one, None)
        _taught.clear()
    _taught.add(cluster)
    _CHAR_SIZES_CACHE[cluster] = _widths(cluster)[0]


@lru_cache(10_000)
def _widths(cluster: str) -> tuple[int, int]:
    """Its cells, and the most that a terminal takes for it."""
    own = max(wcswidth(cluster), 0)
    return own, max(own, _sum(cluster))


def _sum(cluster: str) -> int:
    return sum(max(wcwidth(character), 0) for character in cluster)
