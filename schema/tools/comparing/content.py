"""What two content models let through: child by child where both are plain rows, and as a whole otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import permutations
from typing import Any

from schema.tools.comparing.automaton import (
    NOTHING,
    Automaton,
    Choice,
    Expression,
    Repeat,
    Row,
    Symbol,
    Undecided,
    words,
)
from schema.tools.comparing.effect import BOTH, NARROWED, UNKNOWN, WIDENED, Degree, Effect, Part
from schema.tools.components import elements, is_group, is_wildcard, local

#: Children of an xs:all whose every order is written out.
_MAX_ALL = 5

#: Children that are shown of an example.
_SHOWN = 8

_UNHEARD = "urn:unheard-of"


def compared(old: Any, new: Any) -> tuple[Part, ...]:
    """What differs between the groups of two complex types of xmlschema. None stands for no children at all."""
    before, after = _children(old), _children(new)
    if _written(old, str) == _written(new, str):
        return ()
    whole = _tried(old, new)
    if before is None or after is None or (before and after and old.model != new.model):
        return (Part("", f"children: {_written(old)} → {_written(new)}", whole or UNKNOWN),)
    parts = [*_rows(before, after)]
    wildcards = tuple(_between_wildcards(before, after))
    if whole is not None and len(parts) == 1 and not wildcards:
        return (Part(parts[0].at, parts[0].what, whole, parts[0].added and not whole.narrowed),)
    capped = (part.effect if whole is None else part.effect.within(whole) for part in parts)
    rows = (Part(part.at, part.what, effect, part.added) for part, effect in zip(parts, capped, strict=True))
    return (*rows, *wildcards)


#: How closely a wildcard looks at what it lets through.
_CLOSENESS = ("skip", "lax", "strict")


def between_wildcards(old: Any, new: Any) -> Effect:
    """What another wildcard in the place of one does. None stands for none, which lets nothing through."""
    names = _unheard(wildcard for wildcard in (old, new) if wildcard is not None)
    lets = [{name for name in names if wildcard is not None and wildcard.is_matching(name)} for wildcard in (old, new)]
    closer = 0
    if old is not None and new is not None:
        closer = _CLOSENESS.index(new.process_contents) - _CLOSENESS.index(old.process_contents)
    return Effect(
        Degree.YES if lets[0] - lets[1] else Degree.MAYBE if closer > 0 else Degree.NO,
        Degree.YES if lets[1] - lets[0] else Degree.MAYBE if closer < 0 else Degree.NO,
    )


def wildcard_words(wildcard: Any) -> str:
    return "none" if wildcard is None else f"any {' '.join(wildcard.namespace)} {wildcard.process_contents}"


def _children(group: Any) -> dict[str, Any] | None:
    """By name, in order, where they stand in one row, each once; None where it is not as simple."""
    if group is None:
        return {}
    if group.model == "choice" or (group.min_occurs, group.max_occurs) != (1, 1):
        return None if len(group) else {}
    found: dict[str, Any] = {}
    for part in group:
        if is_group(part):
            inner = _children(part) if part.model == group.model == "sequence" else None
            if inner is None or found.keys() & inner.keys():
                return None
            found |= inner
        else:
            name = f"*{sum(map(is_wildcard, found.values()))}" if is_wildcard(part) else part.name
            if name in found:
                return None
            found[name] = part
    return found


def _rows(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Part]:
    gone, come = (
        {local(name) for name in one if name not in other} for one, other in ((before, after), (after, before))
    )
    for name, part in before.items():
        if name not in after:
            said = f"{_kind(part, gone & come)} removed, {_need(part)}"
            yield Part(_at(part), said, BOTH if part.min_occurs else NARROWED)
    for name, part in after.items():
        if name not in before:
            need = part.min_occurs > 0
            said = f"{_kind(part, gone & come)} added, {_need(part)}"
            yield Part(_at(part), said, BOTH if need else WIDENED, added=not need)
    common = [name for name in before if name in after]
    for name in common:
        was, now = _occurs(before[name]), _occurs(after[name])
        if was != now:
            yield Part(_at(after[name]), f"occurs {_times(*was)} → {_times(*now)}", _occurring(was, now))
    order = [name for name in after if name in before]
    if common != order:
        orders = ", ".join(map(local, common)), ", ".join(map(local, order))
        yield Part("", f"order of the children: {orders[0]} → {orders[1]}", BOTH)


def _between_wildcards(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Part]:
    for name, was in before.items():
        now = after.get(name)
        if is_wildcard(was) and now is not None and wildcard_words(was) != wildcard_words(now):
            yield Part("", f"wildcard: {wildcard_words(was)} → {wildcard_words(now)}", between_wildcards(was, now))


def _occurring(was: tuple[int, int | None], now: tuple[int, int | None]) -> Effect:
    most = [float("inf") if high is None else high for _, high in (was, now)]
    narrowed, widened = now[0] > was[0] or most[1] < most[0], now[0] < was[0] or most[1] > most[0]
    return Effect(Degree.YES if narrowed else Degree.NO, Degree.YES if widened else Degree.NO)


def _tried(old: Any, new: Any) -> Effect | None:
    """Decided on all rows of children at once; None where that is too much."""
    names = _names(old, new)
    try:
        machines = [Automaton(_expression(group, names)) for group in (old, new)]
        lost = next(words(machines[:1], machines[1:], len(names)), None)
        gained = next(words(machines[1:], machines[:1], len(names)), None)
    except Undecided:
        return None
    return Effect(
        Degree.NO if lost is None else Degree.YES,
        Degree.NO if gained is None else Degree.YES,
        None if lost is None else _example(names, lost),
        None if gained is None else _example(names, gained),
    )


def _names(*groups: Any) -> list[str]:
    """Those that are declared, and for each namespace that makes a difference to a wildcard one that is not."""
    found = dict.fromkeys(name for group in groups for name in elements(group))
    return [*found, *_unheard(wildcard for group in groups for wildcard in _wildcards(group))]


def _unheard(wildcards: Iterable[Any]) -> list[str]:
    spaces = {"", _UNHEARD}
    for wildcard in wildcards:
        spaces |= {wildcard.target_namespace, *(one for one in wildcard.namespace if not one.startswith("##"))}
    return [f"{{{space}}}anything" if space else "anything" for space in sorted(spaces)]


def _wildcards(group: Any) -> Iterator[Any]:
    for part in group if group is not None else ():
        if is_group(part):
            yield from _wildcards(part)
        elif is_wildcard(part):
            yield part


def _expression(part: Any, names: list[str]) -> Expression:
    """Raises Undecided."""
    if part is None:
        return NOTHING
    once: Expression
    if is_wildcard(part):
        once = Symbol(frozenset(number for number, name in enumerate(names) if part.is_matching(name)))
    elif not is_group(part):
        called = {part.name, *(one.name for one in part.iter_substitutes())}
        once = Symbol(frozenset(number for number, name in enumerate(names) if name in called))
    else:
        inside = tuple(_expression(one, names) for one in part)
        if part.model == "all":
            if len(inside) > _MAX_ALL:
                raise Undecided
            once = Choice(tuple(Row(order) for order in permutations(inside)))
        else:
            once = Choice(inside) if part.model == "choice" else Row(inside)
    return once if _occurs(part) == (1, 1) else Repeat(once, *_occurs(part))


def _written(part: Any, named: Callable[[str], str] = local) -> str:
    """As a DTD would: (text, ext?)."""
    if part is None:
        return "none"
    if is_group(part):
        between = {"sequence": ", ", "choice": " | ", "all": " & "}[part.model]
        inside = between.join(_written(one, named) for one in part)
        once = f"({inside})"
    elif is_wildcard(part):
        once = wildcard_words(part)
    else:
        once = named(part.name)
    mark = {(1, 1): "", (0, 1): "?", (0, None): "*", (1, None): "+"}.get(_occurs(part))
    return once + (mark if mark is not None else f"{{{_times(*_occurs(part))}}}")


def _example(names: list[str], word: Iterable[int]) -> str:
    said = [f"<{local(names[symbol])}/>" for symbol in word]
    more = f" and {len(said) - _SHOWN:,} more" if len(said) > _SHOWN else ""
    return ("".join(said[:_SHOWN]) or "no children") + more


def _occurs(part: Any) -> tuple[int, int | None]:
    return part.min_occurs, part.max_occurs


def _times(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} or more times"
    return f"{low} to {high} times" if low != high else "once" if low == 1 else f"{low} times"


def _need(part: Any) -> str:
    return "required" if part.min_occurs else "optional"


def _kind(part: Any, moved: set[str]) -> str:
    """`moved` are local names that are there before and after, in different namespaces."""
    if is_wildcard(part):
        return f"wildcard ({wildcard_words(part)})"
    if local(part.name) in moved:
        return (
            f"element of the namespace {part.name.partition('}')[0].removeprefix('{')}"
            if part.name[0] == "{"
            else ("element of no namespace")
        )
    return "element"


def _at(part: Any) -> str:
    return "" if is_wildcard(part) else f"/{local(part.name)}"
