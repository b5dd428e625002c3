from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.tools.comparing.automaton import (
    MAX_PLACES,
    NOTHING,
    Automaton,
    Choice,
    Expression,
    Length,
    Machine,
    Repeat,
    Row,
    Symbol,
    Undecided,
    all_words,
    words,
)

A, B = Symbol(frozenset({0})), Symbol(frozenset({1}))
AB = Symbol(frozenset({0, 1}))


def accepts(machine: Machine, word: Sequence[int]) -> bool:
    state = machine.start
    for symbol in word:
        state = machine.step(state, symbol)
        if not state:
            return False
    return machine.accepts(state)


def first(one: Expression, other: Expression) -> tuple[int, ...] | None:
    return next(words([Automaton(one)], [Automaton(other)], 2), None)


def regex(expression: Expression) -> str:
    """The same for Python's re, to compare with."""
    match expression:
        case Symbol(any_of):
            return f"[{''.join('ab'[number] for number in sorted(any_of))}]" if any_of else "[^ab]"
        case Row(parts):
            return "(?:" + "".join(map(regex, parts)) + ")"
        case Choice(parts):
            return "(?:" + "|".join(map(regex, parts)) + ")"
        case Repeat(part, low, high):
            return f"(?:{regex(part)}){{{low},{'' if high is None else high}}}"


@st.composite
def repeats(draw: st.DrawFn, inner: st.SearchStrategy[Expression]) -> Expression:
    low = draw(st.integers(0, 3))
    return Repeat(draw(inner), low, draw(st.none() | st.integers(low, 4)))


EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    st.sampled_from([A, B, AB, NOTHING]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Row(tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: Choice(tuple(parts)))
        | repeats(inner)
    ),
    max_leaves=6,
)

SHORT = [word for length in range(6) for word in product((0, 1), repeat=length)]


@settings(max_examples=40)
@given(EXPRESSIONS)
def test_it_accepts_what_python_s_own_engine_accepts(expression: Expression) -> None:
    machine, other = Automaton(expression), re.compile(regex(expression))
    for word in SHORT:
        assert accepts(machine, word) == bool(other.fullmatch("".join("ab"[symbol] for symbol in word))), word


@settings(max_examples=40)
@given(EXPRESSIONS, EXPRESSIONS)
def test_a_word_is_found_where_there_is_one_and_the_shortest_first(one: Expression, other: Expression) -> None:
    mine, others = Automaton(one), Automaton(other)
    found = next(words([mine], [others], 2), None)
    only = [word for word in SHORT if accepts(mine, word) and not accepts(others, word)]
    if found is None:
        assert only == []
    else:
        assert accepts(mine, found)
        assert not accepts(others, found)
        assert not only or len(found) == len(only[0])


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        (Repeat(A, 0, 3), Repeat(A, 0, 5), None),
        (Repeat(A, 0, 5), Repeat(A, 0, 3), (0, 0, 0, 0)),
        (Repeat(A, 1, None), Repeat(A, 0, None), None),
        (Repeat(A, 0, None), Repeat(A, 1, None), ()),
        (Row((A, B)), Choice((A, B)), (0, 1)),
        (Repeat(A, 300, 300), Repeat(A, 0, 299), (0,) * 300),
    ],
)
def test_what_only_one_describes(one: Expression, other: Expression, word: tuple[int, ...] | None) -> None:
    assert first(one, other) == word


@pytest.mark.parametrize(
    ("low", "high", "lengths"), [(0, 2, [0, 1, 2]), (2, 3, [2, 3]), (2, None, [2, 3, 4, 5]), (0, 0, [0])]
)
def test_words_of_a_length(low: int, high: int | None, lengths: list[int]) -> None:
    assert [number for number in range(6) if accepts(Length(low, high), (0,) * number)] == lengths


def test_all_of_several_have_to_accept() -> None:
    within: list[Machine] = [Automaton(Repeat(AB, 0, None)), Length(2, 2)]
    assert list(islice(words(within, [Automaton(Row((A, AB)))], 2), 2)) == [(1, 0)]


def test_what_is_too_large_is_left_undecided() -> None:
    with pytest.raises(Undecided):
        Automaton(Repeat(A, MAX_PLACES + 1, None))
    with pytest.raises(Undecided):
        next(words([Length(0, None), Length(100_000, None)], [Length(0, 0)], 1))


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        (Row((AB, B)), [(0, 1), (1, 1)]),
        (Repeat(A, 0, 2), [(), (0,), (0, 0)]),
        (Repeat(A, 1, None), None),
        (Repeat(AB, 9, 9), None),
    ],
)
def test_all_the_words_of_a_few(expression: Expression, found: list[tuple[int, ...]] | None) -> None:
    assert all_words([Automaton(expression)], 2, 10) == found
