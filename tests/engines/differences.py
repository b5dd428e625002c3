"""What the engines cannot agree on, with the reasons in PROTOCOL.md §9.3. Whatever differs beside it is a fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.engines.boundary import Case, facets

#: What XML takes for white space.
_WHITE_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Difference:
    """`applies` is asked about each value of a simple type, with its facets; `examples` are about the same."""

    what: str
    engines: frozenset[str]
    applies: Callable[[str, dict[str, str]], bool]
    examples: frozenset[str] = frozenset()

    def is_about(self, case: Case) -> bool:
        if case.type is None or case.value is None:
            return False
        return self.applies(case.value, facets(case.type))


def _counted_in_utf16(value: str, given: dict[str, str]) -> bool:
    """Whether a limit of length lies between the code points and the UTF-16 units."""
    points, units = len(value), len(value.encode("utf-16-le")) // 2
    least, most = int(given.get("minLength", 0)), int(given.get("maxLength", units))
    return (least <= points <= most) != (least <= units <= most)


def _before_a_line_feed(value: str, given: dict[str, str]) -> bool:
    """Whether the pattern would match but for one line feed at the end. Around numbers and flags it means nothing."""
    if "pattern" not in given or given["base"] != "xs:string":
        return False
    return value.endswith("\n") and re.fullmatch(given["pattern"], value[:-1]) is not None


def _stripped_by_python(value: str, given: dict[str, str]) -> bool:
    """Whether Python takes for white space around a number or a flag what XML does not."""
    if given["base"] == "xs:string" or value.strip() == value.strip(_WHITE_SPACE):
        return False
    return re.fullmatch(given["pattern"], value.strip()) is not None


DIFFERENCES = (
    Difference("length of emoji", frozenset({"Xerces", "System.Xml"}), _counted_in_utf16),
    Difference(
        "line feed behind a pattern",
        frozenset({"System.Xml"}),
        _before_a_line_feed,
        frozenset({"invalid/pm-line-feed-in-room.xml"}),
    ),
    Difference("white space beyond XML's", frozenset({"xmlschema"}), _stripped_by_python),
)
