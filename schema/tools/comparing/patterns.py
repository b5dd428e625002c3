"""Patterns of XSD 1.0 (part 2, appendix F) as expressions over the characters that make a difference to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from elementpath.regex import RegexError, translate_pattern

from schema.tools.comparing.automaton import NOTHING, Choice, Expression, Repeat, Row, Symbol, Undecided

#: Classes that Unicode defines. Whether two of them differ is tried with some characters and so is not certain.
_VAGUE = re.compile(r"\\[pPwWiIcCdD]")
_QUANTIFIER = re.compile(r"[?*+]|\{(\d+)(,(\d*))?\}")

#: Tried beside what the patterns name, the most readable first.
_USUAL = "a" + "b0zAZ9_-. :\t\n\r" + "éßΩж漢あ한०٣\u0301\u00a0\u3000😀"


class Alphabet:
    """Characters of which each stands for all those that none of the patterns tells from it."""

    def __init__(self, patterns: Iterable[str], values: Iterable[str] = ()) -> None:
        """`values` are texts that are to be told apart too. Raises Undecided for a pattern that cannot be read."""
        self._leaves: dict[str, Callable[[str], bool]] = {}
        self.exact = True
        named = set("".join(values))
        for character in named:
            self._leaves[_escaped(character)] = character.__eq__
        for pattern in patterns:
            self.exact = self.exact and not _VAGUE.search(pattern)
            _Reader(pattern, self._learn).read()
            named |= {chr(ord(one) + more) for one in pattern for more in (-1, 0, 1) if 0 <= ord(one) + more < 0x110000}
        readable = sorted(named, key=lambda one: (not one.isalnum(), one))
        self.characters = self._distinct([*_USUAL, *readable])
        #: Whether characters themselves are named, and no classes of them.
        self.plain = bool(self._leaves) and all(
            len(leaf.removeprefix("\\")) == 1 and leaf != "." for leaf in self._leaves
        )

    def _learn(self, leaf: str) -> Expression:
        if leaf not in self._leaves:
            # In a class `\s` and its like are what XSD means by them; alone they would be what Python does.
            wanted = f"[{leaf}]" if leaf[0] == "\\" else leaf
            try:
                found = re.compile(
                    translate_pattern(wanted, back_references=False, lazy_quantifiers=False, anchors=False)
                )
            except (RegexError, re.error):
                raise Undecided from None
            self._leaves[leaf] = lambda character: found.match(character) is not None
        return NOTHING

    def _distinct(self, characters: Iterable[str]) -> list[str]:
        seen: dict[tuple[bool, ...], str] = {}
        for character in characters:
            if _allowed(ord(character)):
                seen.setdefault(tuple(leaf(character) for leaf in self._leaves.values()), character)
        return list(seen.values())

    def expression(self, pattern: str) -> Expression:
        return _Reader(pattern, self._symbol).read()

    def literal(self, text: str) -> Expression:
        return Row(tuple(self._symbol(_escaped(character)) for character in text))

    def text(self, word: Sequence[int]) -> str:
        return "".join(self.characters[symbol] for symbol in word)

    def _symbol(self, leaf: str) -> Expression:
        matches = self._leaves[leaf]
        return Symbol(frozenset(number for number, one in enumerate(self.characters) if matches(one)))


class _Reader:
    """Reads one pattern. `leaf` makes of what stands for one character what is wanted of it."""

    def __init__(self, pattern: str, leaf: Callable[[str], Expression]) -> None:
        self._pattern, self._leaf, self._at = pattern, leaf, 0

    def read(self) -> Expression:
        whole = self._choice()
        if self._at < len(self._pattern):
            raise Undecided
        return whole

    def _choice(self) -> Expression:
        parts = [self._row()]
        while self._pattern.startswith("|", self._at):
            self._at += 1
            parts.append(self._row())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _row(self) -> Expression:
        parts = []
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            atom = self._atom()
            found = _QUANTIFIER.match(self._pattern, self._at)
            if found is not None:
                self._at = found.end()
                atom = Repeat(atom, *_times(found))
            parts.append(atom)
        return Row(tuple(parts))

    def _atom(self) -> Expression:
        start = self._at
        if self._pattern[start] == "(":
            self._at += 1
            inside = self._choice()
            if not self._pattern.startswith(")", self._at):
                raise Undecided
            self._at += 1
            return inside
        if self._pattern[start] == "[":
            self._skip_class()
        else:
            self._skip_character()
        return self._leaf(self._pattern[start : self._at])

    def _skip_character(self) -> None:
        if self._pattern[self._at] != "\\":
            self._at += 1
        elif self._pattern[self._at + 1 : self._at + 3] in ("p{", "P{"):
            self._at = self._pattern.find("}", self._at) + 1 or len(self._pattern)
        else:
            self._at += 2

    def _skip_class(self) -> None:
        """To behind its bracket. One may stand in another, as what is taken out: [a-z-[aeiou]]."""
        depth = 0
        while self._at < len(self._pattern):
            here = self._pattern[self._at]
            self._at += 2 if here == "\\" else 1
            depth += (here == "[") - (here == "]")
            if depth == 0:
                return
        raise Undecided


def _times(found: re.Match[str]) -> tuple[int, int | None]:
    if found[1] is None:
        return {"?": (0, 1), "*": (0, None), "+": (1, None)}[found[0]]
    low = int(found[1])
    return low, low if found[2] is None else int(found[3]) if found[3] else None


def _escaped(character: str) -> str:
    return f"\\{character}" if character in r"\|.?*+(){}[]-^" else character


def _allowed(code: int) -> bool:
    """XML 1.0, production 2."""
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
