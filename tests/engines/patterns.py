"""Strings on both sides of a pattern.

At each quantifier one too few, the fewest, the most and one too many; at each class of characters its ends and what is
just beyond them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from importlib import import_module
from typing import Any

# Python's own reader of patterns has no public name; those of the schema are read alike in both languages.
constants: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

#: More repetitions than that show nothing new.
_MANY = 300


def sample(pattern: str) -> str:
    """One string that the pattern matches."""
    return _shortest(list(parser.parse(pattern)))


def variations(pattern: str) -> Iterator[str]:
    """Strings that differ in one place from what the pattern matches; some match, others do not."""
    yield from _varied(list(parser.parse(pattern)))


def _shortest(parts: list[Any]) -> str:
    return "".join(_one(part) for part in parts)


def _one(part: Any) -> str:
    kind, what = part
    if kind is constants.LITERAL:
        return chr(what)
    if kind is constants.IN:
        return chr(_ranges(what)[0][0])
    if kind is constants.MAX_REPEAT:
        least, _, inside = what
        return _shortest(list(inside)) * int(least)
    if kind is constants.SUBPATTERN:
        return _shortest(list(what[-1]))
    if kind is constants.BRANCH:
        return _shortest(list(what[1][0]))
    raise NotImplementedError(f"no boundary is known for {kind} in a pattern of the schema")


def _varied(parts: list[Any]) -> Iterator[str]:
    for index, part in enumerate(parts):
        before, after = _shortest(parts[:index]), _shortest(parts[index + 1 :])
        for varied in _variations_of(part):
            yield before + varied + after


def _variations_of(part: Any) -> Iterator[str]:
    kind, what = part
    if kind is constants.LITERAL:
        yield from ("", chr(what), chr(what) * 2, chr(what).swapcase(), chr(what + 1))
    elif kind is constants.IN:
        for low, high in _ranges(what):
            yield from map(chr, (low, high, low - 1, high + 1))
    elif kind is constants.MAX_REPEAT:
        least, most, inside = what
        one = _shortest(list(inside))
        for count in {least - 1, least, least + 1, most - 1, most, most + 1}:
            if 0 <= count <= _MANY:
                yield one * count
        yield from (varied + one * max(0, least - 1) for varied in _varied(list(inside)))
    elif kind is constants.SUBPATTERN:
        yield from _varied(list(what[-1]))
    elif kind is constants.BRANCH:
        yield from itertools.chain.from_iterable(_varied(list(choice)) for choice in what[1])
    else:
        raise NotImplementedError(f"no boundary is known for {kind} in a pattern of the schema")


def _ranges(members: list[Any]) -> list[tuple[int, int]]:
    return [(what, what) if kind is constants.LITERAL else what for kind, what in members]
