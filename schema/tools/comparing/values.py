"""What two simple types let through: facet by facet, and tried with values at their boundaries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from schema.tools.comparing.automaton import Automaton, Choice, Length, Machine, Undecided, all_words, words
from schema.tools.comparing.effect import BOTH, NARROWED, UNKNOWN, WIDENED, Degree, Effect, Part
from schema.tools.comparing.patterns import Alphabet
from schema.tools.components import is_builtin, local

_XS = "{http://www.w3.org/2001/XMLSchema}"

#: Facets by which more is valid the larger they are, and those by which less is.
_UPPER = ("maxLength", "maxInclusive", "maxExclusive", "totalDigits", "fractionDigits")
_LOWER = ("minLength", "minInclusive", "minExclusive")
_NUMBERS = (*_UPPER, *_LOWER, "length")

#: Types whose length is that of the text itself.
_TEXTS = frozenset(("string", "normalizedString", "token", "anyURI"))

#: Words that are tried, since the one that was found may be refused for a reason that the automaton does not know.
_TRIED = 64

#: Characters of a value that are shown.
_SHOWN = 40

#: Something of every builtin type.
_SAMPLES = (
    *("", "a", "A", " ", " a", "a b", "a:b", "0", "1", "-1", "+1", "01", "1.0", "1.5", "1e3", "INF", "true", "false"),
    *(
        "127",
        "128",
        "-129",
        "255",
        "256",
        "32767",
        "32768",
        "65535",
        "65536",
        "2147483647",
        "2147483648",
        "-2147483649",
    ),
    *("4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616"),
    *("2026-03-01", "2026-03-01T09:00:00", "2026-03-01T09:00:00.000Z", "09:00:00", "2026", "2026-03", "--03", "P1D"),
    *("en", "en-US", "YQ==", "0a", "http://example.org/a?b#c", "a\tb", "a\nb", "ä", "😀"),
)


@dataclass(frozen=True, slots=True)
class Facets:
    """All that a simple type asks for, as do its bases. Of `patterns` each must match, by one of its choices."""

    builtin: str
    white_space: str | None
    numbers: dict[str, Any]
    #: Those of the numbers that do not come with the builtin type.
    own: dict[str, Any]
    patterns: tuple[tuple[str, ...], ...]
    values: tuple[str, ...] | None
    items: tuple[str, ...]

    @classmethod
    def of(cls, type: Any) -> Facets:
        found = {name: type.get_facet(_XS + name) for name in _NUMBERS}
        patterns: list[tuple[str, ...]] = []
        values = None
        step = type
        while not is_builtin(step):
            if step.patterns:
                patterns.append(tuple(step.patterns.regexps))
            enumeration = step.facets.get(f"{_XS}enumeration")
            if enumeration is not None and values is None:
                values = tuple(one.get("value", "") for one in enumeration)
            if step.base_type is None or step.base_type is step or step.base_type.name == f"{_XS}anySimpleType":
                break
            step = step.base_type
        numbers = {name: facet.value for name, facet in found.items() if facet is not None}
        brought = {name: step.get_facet(_XS + name) for name in numbers} if is_builtin(step) else {}
        own = {name: value for name, value in numbers.items() if found[name] is not brought.get(name)}
        members = getattr(step, "member_types", None) or [getattr(step, "item_type", None)]
        items = (
            () if is_builtin(step) else tuple(str(one.name or one.base_type.name) for one in members if one is not None)
        )
        name = local(step.name) if is_builtin(step) else "union" if step.is_union() else "list"
        return cls(name, type.white_space, numbers, own, tuple(patterns), values, items)


def compared(old: Any, new: Any) -> tuple[Part, ...]:
    """What differs between two simple types of xmlschema; nothing where the same values are valid."""
    if old is new:
        return ()
    before, after = Facets.of(old), Facets.of(new)
    parts = [*_facets(before, after), *_members(old, new)]
    if not parts:
        return ()
    whole = _tried(old, new, before, after)
    if len(parts) == 1:
        return (Part("", parts[0].what, whole),)
    return tuple(Part("", part.what, _shared(part.effect, whole)) for part in parts)


def _shared(part: Effect, whole: Effect) -> Effect:
    """What one of several differences does, with the example that was found for all of them."""
    left = part.within(whole)
    lost = whole.lost if left.narrowed else None
    gained = whole.gained if left.widened else None
    return Effect(left.narrowed, left.widened, lost, gained)


def _facets(before: Facets, after: Facets) -> Iterator[Part]:
    if before.builtin != after.builtin:
        yield Part("", f"values: {before.builtin} → {after.builtin}", BOTH)
    if before.white_space != after.white_space and before.builtin == after.builtin:
        yield Part("", f"whiteSpace: {before.white_space} → {after.white_space}", UNKNOWN)
    for name in _NUMBERS:
        was, now = before.own.get(name), after.own.get(name)
        if was != now:
            yield Part("", f"{name}: {_number(was)} → {_number(now)}", _moved(name, was, now))
    if before.patterns != after.patterns:
        yield Part("", f"pattern: {_patterns(before)} → {_patterns(after)}", _patterns_moved(before, after))
    if before.values != after.values:
        yield _enumeration(before.values, after.values)


def _moved(name: str, was: Any, now: Any) -> Effect:
    if was is None:
        return NARROWED
    if now is None:
        return WIDENED
    if name == "length":
        return BOTH
    try:
        return WIDENED if (now > was) == (name in _UPPER) else NARROWED
    except TypeError:
        return UNKNOWN


def _enumeration(was: tuple[str, ...] | None, now: tuple[str, ...] | None) -> Part:
    if was is None or now is None:
        what = f"only these values: {_listed(now)}" if now is not None else "any value, not only those listed"
        return Part("", what, NARROWED if now is not None else WIDENED)
    gone, come = [one for one in was if one not in now], [one for one in now if one not in was]
    said = [f"values {word}: {_listed(some)}" for word, some in (("removed", gone), ("added", come)) if some]
    effect = Effect(Degree.YES if gone else Degree.NO, Degree.YES if come else Degree.NO)
    return Part("", "; ".join(said) or "values in another order", effect)


def _patterns_moved(before: Facets, after: Facets) -> Effect:
    if not before.patterns or not after.patterns:
        return NARROWED if after.patterns else WIDENED
    try:
        alphabet = _alphabet(before, after)
        size = len(alphabet.characters)
        old = [_machine(alphabet, step) for step in before.patterns]
        new = [_machine(alphabet, step) for step in after.patterns]
        unseen = Degree.NO if alphabet.exact else Degree.MAYBE
        return Effect(
            Degree.YES if next(words(old, new, size), None) is not None else unseen,
            Degree.YES if next(words(new, old, size), None) is not None else unseen,
        )
    except Undecided:
        return UNKNOWN


def _members(old: Any, new: Any) -> Iterator[Part]:
    """Of unions and lists."""
    before, after = _inner(old), _inner(new)
    if not before and not after:
        return
    names = [_name(one) for one in before], [_name(one) for one in after]
    gone = [name for name in names[0] if name not in names[1]]
    come = [name for name in names[1] if name not in names[0]]
    if gone or come:
        effect = Effect(Degree.MAYBE if gone else Degree.NO, Degree.MAYBE if come else Degree.NO)
        yield Part("", f"made of {', '.join(names[0]) or 'itself'} → {', '.join(names[1]) or 'itself'}", effect)
    for one, other in zip(before, after, strict=False):
        if _name(one) == _name(other):
            yield from (Part("", f"in {_name(one)}: {part.what}", part.effect) for part in compared(one, other))


def _inner(type: Any) -> list[Any]:
    while not is_builtin(type):
        found = getattr(type, "member_types", None) or [getattr(type, "item_type", None)]
        if found[0] is not None:
            return list(found)
        if type.base_type is None or type.base_type is type:
            break
        type = type.base_type
    return []


def _tried(old: Any, new: Any, before: Facets, after: Facets) -> Effect:
    lost, kept = _difference(old, new, before, after)
    gained, known = _difference(new, old, after, before)
    return Effect(
        Degree.YES if lost is not None else Degree.NO if kept else Degree.MAYBE,
        Degree.YES if gained is not None else Degree.NO if known else Degree.MAYBE,
        lost,
        gained,
    )


def _difference(one: Any, other: Any, mine: Facets, others: Facets) -> tuple[str | None, bool]:
    """A value of `one` that is none of `other`, in words; and whether it is sure that there is none otherwise."""
    exact = False
    tried: list[str] = []
    try:
        alphabet = _alphabet(mine, others)
        size = len(alphabet.characters)
        found = words(_machines(alphabet, mine), _machines(alphabet, others), size)
        tried = [alphabet.text(word) for word in islice(found, _TRIED)]
        exact = not tried and alphabet.exact and _no_wider(one, other, mine, others)
        every = all_words(_machines(alphabet, mine), size, _TRIED) if alphabet.plain else None
        # Where there are a few words and no more, all can be tried.
        exact = exact or (every is not None and mine.white_space in ("preserve", others.white_space))
        tried += [padded for text in map(alphabet.text, every or ()) for padded in (text, f" {text} ")]
    except Undecided:
        pass
    for text in (*tried, *(mine.values or ()), *_boundaries(mine, others), *_SAMPLES):
        if one.text_is_valid(text) and not other.text_is_valid(text):
            return _shown(text), True
    return None, exact


def _no_wider(one: Any, other: Any, mine: Facets, others: Facets) -> bool:
    """Whether nothing but what the automata know could be valid for `one` alone."""
    if others.builtin == "string" and not (others.own or others.patterns or others.values):
        return True
    if mine.items or others.items or mine.white_space != others.white_space:
        return False
    if not _base(one).is_derived(_base(other)):
        return False
    known = ("length", "minLength", "maxLength") if mine.builtin in _TEXTS else ()
    for name in _NUMBERS:
        was, now = others.numbers.get(name), mine.numbers.get(name)
        if was != now and name not in known and _moved(name, was, now).widened:
            return False
    return True


def _alphabet(*sides: Facets) -> Alphabet:
    patterns = [pattern for side in sides for step in side.patterns for pattern in step]
    return Alphabet(patterns, [value for side in sides for value in side.values or ()])


def _machine(alphabet: Alphabet, step: tuple[str, ...]) -> Automaton:
    return Automaton(Choice(tuple(alphabet.expression(pattern) for pattern in step)))


def _machines(alphabet: Alphabet, facets: Facets) -> list[Machine]:
    found: list[Machine] = [Length(0, None), *(_machine(alphabet, step) for step in facets.patterns)]
    if facets.builtin in _TEXTS:
        if facets.values is not None:
            found.append(Automaton(Choice(tuple(alphabet.literal(value) for value in facets.values))))
        exact = facets.numbers.get("length")
        low, high = facets.numbers.get("minLength", 0), facets.numbers.get("maxLength")
        found.append(Length(low, high) if exact is None else Length(exact, exact))
    return found


def _boundaries(*sides: Facets) -> Iterator[str]:
    for side in sides:
        for name, bound in side.numbers.items():
            if name.endswith(("Length", "length")):
                for length in (bound - 1, bound, bound + 1):
                    yield from (letter * length for letter in ("a", "0", "0a", "a "))
            elif name.endswith("Digits"):
                for digits in (bound, bound + 1):
                    yield from ("9" * digits, "0." + "1" * digits, "9" * (digits - 1) + ".1")
            else:
                yield str(bound)
                try:
                    yield from (str(bound + step) for step in (-1, 1))
                except TypeError:
                    continue


def _shown(text: str) -> str:
    """In quotes; a long one by its beginning and its length."""
    if len(text) <= _SHOWN:
        return f"'{text}'" if text.isprintable() else ascii(text)
    return f"{len(text):,} characters, {text[: _SHOWN // 2]!a}…"


def _patterns(facets: Facets) -> str:
    return " and ".join("|".join(step) for step in facets.patterns) or "none"


def _listed(values: tuple[str, ...] | list[str]) -> str:
    return ", ".join(values)


def _number(value: Any) -> str:
    return "none" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _base(type: Any) -> Any:
    while not is_builtin(type):
        type = type.base_type
    return type


def _name(type: Any) -> str:
    return local(type.name) if type.name else f"a kind of {local(type.base_type.name)}" if type.base_type else "?"
