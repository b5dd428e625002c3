"""Whether everything that one expression describes is described by another too, and if not, what is not.

Patterns describe texts and content models describe rows of children in the same way, so one procedure serves both:
Glushkov's automaton, whose states are the places of the expression, run for both sides at once, breadth first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

#: Places of an expression, after `{1,256}` is written out. More are not worth the memory.
MAX_PLACES = 20_000

#: Pairs of states that are looked at; a second or so.
MAX_STATES = 40_000


#: Beginnings of words that are looked at for each word that is wanted.
_LOOKS = 20


class Undecided(Exception):
    """It would take too long to say."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One of these: characters or elements, by number."""

    any_of: frozenset[int]


@dataclass(frozen=True, slots=True)
class Row:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    part: Expression
    low: int
    high: int | None


Expression = Symbol | Row | Choice | Repeat

NOTHING = Row(())


class Machine(Protocol):
    """Reads a word symbol by symbol. A state is a number; 0 is that from which nothing is accepted any more."""

    start: int

    def step(self, state: int, symbol: int) -> int: ...

    def accepts(self, state: int) -> bool: ...


class Length:
    """Words of `low` to `high` symbols. The state is one more than their number."""

    start = 1

    def __init__(self, low: int, high: int | None) -> None:
        self._low, self._high = low, high

    def step(self, state: int, symbol: int) -> int:  # noqa: ARG002
        if self._high is None:
            return min(state + 1, self._low + 1)
        return 0 if state == 0 or state > self._high else state + 1

    def accepts(self, state: int) -> bool:
        return state > self._low and (self._high is None or state <= self._high + 1)


@dataclass(slots=True)
class _Piece:
    """Of an expression: the sets of places, as bits, at which it can begin and end."""

    empty: bool
    first: int
    last: int


class Automaton:
    """Of an expression. The state is the set of places, as bits, at which one may be; the bit 0 is the beginning."""

    start = 1

    def __init__(self, expression: Expression) -> None:
        """Raises Undecided where it is too large."""
        self._follow = [0]
        self._places: dict[int, int] = {}
        whole = self._build(expression)
        self._follow[0] = whole.first
        self._ends = whole.last | whole.empty
        self._steps: dict[tuple[int, int], int] = {}

    def step(self, state: int, symbol: int) -> int:
        known = self._steps.get((state, symbol))
        if known is None:
            reached, rest = 0, state
            while rest:
                bit = rest & -rest
                reached |= self._follow[bit.bit_length() - 1]
                rest ^= bit
            known = self._steps[state, symbol] = reached & self._places.get(symbol, 0)
        return known

    def accepts(self, state: int) -> bool:
        return state & self._ends != 0

    def _build(self, expression: Expression) -> _Piece:
        match expression:
            case Symbol(any_of):
                return self._place(any_of)
            case Row(parts):
                whole = _Piece(True, 0, 0)
                for part in parts:
                    whole = self._joined(whole, self._build(part))
                return whole
            case Choice(parts):
                built = [self._build(part) for part in parts]
                whole = _Piece(any(one.empty for one in built), 0, 0)
                for one in built:
                    whole.first |= one.first
                    whole.last |= one.last
                return whole
            case Repeat(part, low, high):
                return self._repeated(part, low, high)

    def _place(self, any_of: frozenset[int]) -> _Piece:
        if len(self._follow) > MAX_PLACES:
            raise Undecided
        bit = 1 << len(self._follow)
        self._follow.append(0)
        for symbol in any_of:
            self._places[symbol] = self._places.get(symbol, 0) | bit
        return _Piece(False, bit, bit)

    def _joined(self, left: _Piece, right: _Piece) -> _Piece:
        self._connect(left.last, right.first)
        return _Piece(
            left.empty and right.empty,
            left.first | (right.first if left.empty else 0),
            right.last | (left.last if right.empty else 0),
        )

    def _connect(self, last: int, first: int) -> None:
        while last:
            bit = last & -last
            self._follow[bit.bit_length() - 1] |= first
            last ^= bit

    def _repeated(self, part: Expression, low: int, high: int | None) -> _Piece:
        """From its end, as x(x(x)?)?: so that each copy leads to the next one only."""
        whole = _Piece(True, 0, 0)
        if high is None:
            whole = self._build(part)
            self._connect(whole.last, whole.first)
            whole.empty = whole.empty or low == 0
            copies = max(low - 1, 0)
        else:
            copies = high
        for number in range(copies, 0, -1):
            whole = self._joined(self._build(part), whole)
            if number > low:
                whole.empty = True
        return whole


def words(within: Sequence[Machine], outside: Sequence[Machine], symbols: int) -> Iterator[tuple[int, ...]]:
    """Words that all of `within` accept and one of `outside` does not, the shortest first; one for each way of it.

    Where there is none, everything that the first describe is described by the others. Raises Undecided.
    """
    start = (tuple(one.start for one in within), tuple(one.start for one in outside))
    came: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[object, int] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        inside, beyond = state
        if all(machine.accepts(at) for machine, at in zip(within, inside, strict=True)) and not all(
            machine.accepts(at) for machine, at in zip(outside, beyond, strict=True)
        ):
            yield _way(came, state)
        for symbol in range(symbols):
            next_inside = tuple(machine.step(at, symbol) for machine, at in zip(within, inside, strict=True))
            if not all(next_inside):
                continue
            following = (
                next_inside,
                tuple(machine.step(at, symbol) if at else 0 for machine, at in zip(outside, beyond, strict=True)),
            )
            if following not in came:
                if len(came) >= MAX_STATES:
                    raise Undecided
                came[following] = state, symbol
                waiting.append(following)


def all_words(within: Sequence[Machine], symbols: int, limit: int) -> list[tuple[int, ...]] | None:
    """Every word that all of them accept, the shortest first; None where there seem to be more than `limit`."""
    found: list[tuple[int, ...]] = []
    begun: tuple[int, ...] = ()
    waiting = deque([(tuple(one.start for one in within), begun)])
    looked = 0
    while waiting:
        looked += 1
        if looked > limit * _LOOKS or len(found) > limit:
            return None
        states, word = waiting.popleft()
        if all(machine.accepts(at) for machine, at in zip(within, states, strict=True)):
            found.append(word)
        for symbol in range(symbols):
            following = tuple(machine.step(at, symbol) for machine, at in zip(within, states, strict=True))
            if all(following):
                waiting.append((following, (*word, symbol)))
    return found


def _way(
    came: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[object, int] | None], state: object
) -> tuple[int, ...]:
    found = []
    step = came[state]  # type: ignore[index]
    while step is not None:
        state, symbol = step
        found.append(symbol)
        step = came[state]  # type: ignore[index]
    return tuple(reversed(found))
