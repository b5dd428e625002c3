"""Walks two schemas side by side, from each root down, and gives what differs with every path that leads there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schema.tools.comparing import content, values
from schema.tools.comparing.content import between_wildcards, wildcard_words
from schema.tools.comparing.effect import (
    BOTH,
    NARROWED,
    SAME,
    WIDENED,
    Change,
    Degree,
    Effect,
    Part,
)
from schema.tools.components import elements, local

#: Paths of one change that are kept; a type that is used everywhere has very many in a schema that is recursive.
MAX_PATHS = 200


def changes(old: Any, new: Any) -> list[Change]:
    """Of two schemas that `load` gave, in the order of the roots. `block`, `final` and unused types are passed over."""
    if old.target_namespace != new.target_namespace:
        spaces = old.target_namespace or "none", new.target_namespace or "none"
        return [Change(f"namespace: {spaces[0]} → {spaces[1]}", BOTH, paths=["/"])]
    return _Walk().between(old.elements, new.elements)


class _Walk:
    def __init__(self) -> None:
        self._found: dict[object, Change] = {}
        # What was found between two types, which are kept with it, so that their ids stay theirs.
        self._known: dict[tuple[int, int], tuple[Any, Any, list[Part]]] = {}

    def between(self, old: Any, new: Any) -> list[Change]:
        for name in dict.fromkeys((*old, *new)):
            path = f"/{local(name)}"
            if name not in new:
                self._note(path, "R", Part("", "document removed", NARROWED))
            elif name not in old:
                self._note(path, "A", Part("", "document added", WIDENED, added=True))
            else:
                self._elements(path, old[name], new[name], set())
        return list(self._found.values())

    def _note(self, path: str, owner: object, part: Part) -> None:
        place = path + part.at
        key = (owner, part.at, part.what) if isinstance(owner, tuple) else (place, part.what)
        change = self._found.setdefault(key, Change(part.what, part.effect, part.added))
        if place not in change.paths and len(change.paths) < MAX_PATHS:
            change.paths.append(place)

    def _elements(self, path: str, old: Any, new: Any, seen: set[tuple[int, int]]) -> None:
        for part in _declared(old, new):
            self._note(path, None, part)
        self._types(path, old.type, new.type, seen)

    def _types(self, path: str, old: Any, new: Any, seen: set[tuple[int, int]]) -> None:
        pair = id(old), id(new)
        if pair not in self._known:
            self._known[pair] = old, new, [*_between_types(old, new)]
        for part in self._known[pair][2]:
            self._note(path, pair, part)
        if pair in seen:
            return
        seen.add(pair)
        if old.is_complex() and new.is_complex():
            for name, one in old.attributes.items():
                other = new.attributes.get(name)
                if other is not None and _allowed(name, one) and _allowed(name, other):
                    self._values(f"{path}/@{local(name)}", one.type, other.type)
            before, after = elements(_group(old)), elements(_group(new))
            for name, child in before.items():
                if name in after:
                    self._elements(f"{path}/{local(name)}", child, after[name], seen)

    def _values(self, path: str, old: Any, new: Any) -> None:
        pair = id(old), id(new)
        if pair not in self._known:
            self._known[pair] = old, new, [*values.compared(old, new)]
        for part in self._known[pair][2]:
            self._note(path, pair, part)


def _between_types(old: Any, new: Any) -> Iterator[Part]:
    if old.is_simple() and new.is_simple():
        yield from values.compared(old, new)
        return
    kinds = _kind(old), _kind(new)
    if old.is_simple() or new.is_simple():
        if kinds[0] == kinds[1]:
            yield from values.compared(_simple(old), _simple(new))
        else:
            yield Part("", f"content: {kinds[0]} → {kinds[1]}", BOTH)
        yield from _attributes(getattr(old, "attributes", {}), getattr(new, "attributes", {}))
        return
    yield from _attributes(old.attributes, new.attributes)
    if kinds == ("text", "text"):
        yield from values.compared(_simple(old), _simple(new))
    elif "text" in kinds:
        yield Part("", f"content: {kinds[0]} → {kinds[1]}", BOTH)
    else:
        yield from content.compared(_group(old), _group(new))
        if bool(old.mixed) != bool(new.mixed):
            words = ("no text", "text") if new.mixed else ("text", "no text")
            yield Part("", f"between the children: {words[0]} → {words[1]}", WIDENED if new.mixed else NARROWED)
    if bool(old.abstract) != bool(new.abstract):
        yield Part("", "abstract" if new.abstract else "no longer abstract", NARROWED if new.abstract else WIDENED)


def _attributes(old: Any, new: Any) -> Iterator[Part]:
    before, after = ({name: one for name, one in some.items() if _allowed(name, one)} for some in (old, new))
    wild = [some.get(None) for some in (old, new)]
    for name in dict.fromkeys((*before, *after)):
        was, now, at = before.get(name), after.get(name), f"/@{local(name)}"
        if was is None:
            assert now is not None
            yield Part(at, f"attribute added, {now.use}", _instead(wild[0], name, now), added=now.use == "optional")
        elif now is None:
            effect = _instead(wild[1], name, was)
            yield Part(at, f"attribute removed, {was.use}", Effect(effect.widened, effect.narrowed))
        else:
            if was.use != now.use:
                yield Part(at, f"{was.use} → {now.use}", NARROWED if now.use == "required" else WIDENED)
            yield from _fixed(at, was, now)
    if wildcard_words(wild[0]) != wildcard_words(wild[1]):
        said = f"attributes beside these: {wildcard_words(wild[0])} → {wildcard_words(wild[1])}"
        yield Part("", said, between_wildcards(*wild), added=wild[0] is None)


def _instead(wildcard: Any, name: str, attribute: Any) -> Effect:
    """Of an attribute that is added, where a wildcard may have let it through before, with any value."""
    needed = Degree.YES if attribute.use == "required" else Degree.NO
    if wildcard is not None and wildcard.is_matching(name):
        return Effect(max(needed, Degree.MAYBE), Degree.NO)
    return Effect(needed, Degree.YES)


def _allowed(name: str | None, attribute: Any) -> bool:
    return name is not None and attribute.use != "prohibited"


def _declared(old: Any, new: Any) -> Iterator[Part]:
    """What differs between two declarations of an element, beside their types."""
    if bool(old.nillable) != bool(new.nillable):
        yield Part("", "nillable" if new.nillable else "no longer nillable", WIDENED if new.nillable else NARROWED)
    if bool(old.abstract) != bool(new.abstract):
        yield Part("", "abstract" if new.abstract else "no longer abstract", NARROWED if new.abstract else WIDENED)
    yield from _fixed("", old, new)
    before, after = ({local(one.name) for one in element.identities} for element in (old, new))
    if before != after:
        said = ", ".join(sorted(before ^ after))
        yield Part("", f"unique, key or keyref: {said}", Effect(_maybe(after - before), _maybe(before - after)))


def _maybe(some: set[str]) -> Degree:
    return Degree.MAYBE if some else Degree.NO


def _fixed(at: str, was: Any, now: Any) -> Iterator[Part]:
    if was.fixed != now.fixed:
        effect = NARROWED if was.fixed is None else WIDENED if now.fixed is None else BOTH
        yield Part(at, f"fixed value: {_said(was.fixed)} → {_said(now.fixed)}", effect)
    if was.default != now.default:
        # The same documents are valid as before.
        said = f"default value: {_said(was.default)} → {_said(now.default)}, so what is left out means something else"
        yield Part(at, said, SAME)


def _said(value: str | None) -> str:
    return "none" if value is None else f"'{value}'"


def _kind(type: Any) -> str:
    return "text" if type.is_simple() or type.has_simple_content() else "elements"


def _simple(type: Any) -> Any:
    return type if type.is_simple() else type.content


def _group(type: Any) -> Any:
    return type.content if type.is_complex() and not type.has_simple_content() else None
