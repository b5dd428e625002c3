"""Whom a change breaks: clients and servers that were built for the old schema, and what was recorded under it.

What is valid only now breaks who receives it by the old schema; what was valid only before breaks who still sends it.
So it depends on who sends the document.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, NamedTuple

from schema.messages import MESSAGES, NAMESPACE, Side
from schema.tools.comparing.effect import Change, Degree, Effect


class Party(Enum):
    CLIENT = "old client"
    SERVER = "old server"
    CAPTURES = "old captures"


class Verdict(NamedTuple):
    """NO: it does not break. MAYBE: the structure does not say. `example` is of what breaks it."""

    degree: Degree
    reason: str
    example: str | None = None


#: What is said of a party that is not spared, by whether the document has become valid or is so no longer.
_BROKEN = {
    (Party.CLIENT, "widened"): "it can be sent what its schema refuses",
    (Party.CLIENT, "narrowed"): "it can send what is now refused",
    (Party.SERVER, "widened"): "it can be sent what its schema refuses",
    (Party.SERVER, "narrowed"): "it can send what a new client refuses",
    (Party.CAPTURES, "narrowed"): "they can hold what is now refused",
}

_SIDES = {Party.CLIENT: Side.CLIENT, Party.SERVER: Side.SERVER}
_HELD_BACK = "what is new is not sent to who does not know it (PROTOCOL.md 8.1)"


class Directions:
    """Who sends which document, as far as it is known. Of a schema that is not ours nothing is: both sides may."""

    def __init__(self, *schemas: Any) -> None:
        """`schemas` are the versions, as structure.load gives them."""
        self._schemas = schemas
        self._ours = all(schema.target_namespace == NAMESPACE for schema in schemas)

    def senders(self, root: str) -> frozenset[Side]:
        if not self._ours:
            return frozenset(Side)
        known = MESSAGES.get(root)
        if known is not None:
            return known.senders
        # A document of another version: a command has an id, and only a command must have one (PROTOCOL.md 4.2).
        declared = (schema.elements.get(root) for schema in self._schemas)
        ids = [one.attributes.get("id") for one in declared if one is not None]
        command = any(one is not None and one.use == "required" for one in ids)
        return frozenset({Side.CLIENT if command else Side.SERVER})

    def of(self, roots: Iterable[str]) -> frozenset[Side]:
        """Who sends one of these; none stands for all documents."""
        found = [self.senders(root) for root in roots]
        return frozenset().union(*found) if found else frozenset(Side)


def verdicts(change: Change, senders: frozenset[Side], *, minor: bool = False) -> dict[Party, Verdict]:
    """`minor`: each side spares the other what is newer than what it was built for, as a minor version does."""
    held_back = minor and change.added and not change.effect.narrowed
    return {party: _verdict(party, change.effect, senders, held_back=held_back) for party in Party}


def _verdict(party: Party, effect: Effect, senders: frozenset[Side], *, held_back: bool) -> Verdict:
    degrees = {"narrowed": effect.narrowed, "widened": effect.widened}
    if party is Party.CAPTURES:
        degrees["widened"] = Degree.NO
    else:
        side = _SIDES[party]
        degrees["narrowed"] = effect.narrowed if side in senders else Degree.NO
        degrees["widened"] = effect.widened if side.other in senders else Degree.NO
    if held_back and degrees["widened"]:
        return Verdict(Degree.NO, _HELD_BACK)
    worst = max(degrees.values())
    if worst is Degree.NO:
        return Verdict(worst, _spared(party, effect))
    broken = [way for way, degree in degrees.items() if degree is worst]
    examples = {"narrowed": effect.lost, "widened": effect.gained}
    example = next((examples[way] for way in broken if examples[way] is not None), None)
    return Verdict(worst, ", and ".join(_BROKEN[party, way] for way in broken), example)


def _spared(party: Party, effect: Effect) -> str:
    if not effect.narrowed and not effect.widened:
        return "the same documents are valid"
    if party is Party.CAPTURES:
        return "all that was valid still is"
    return "it is sent nothing new" if effect.narrowed and not effect.widened else "what it sends is still accepted"
