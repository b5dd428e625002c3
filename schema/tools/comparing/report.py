"""How a comparison is told: to a person, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from schema.tools.comparing.effect import Change, Degree
from schema.tools.comparing.parties import Party, Verdict
from schema.tools.comparing.trial import Turned
from schema.tools.formats.text import place
from schema.tools.judging.excerpts import harmless
from schema.tools.rules.finding import fields_of

Verdicts = Mapping[Party, Verdict]

_WORDS = {Degree.NO: "does not break", Degree.MAYBE: "may break", Degree.YES: "breaks"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that was found. `unreadable` are inputs that could not be tried, and why."""

    changes: Sequence[tuple[Change, Verdicts]]
    turned: Sequence[tuple[Turned, Verdicts]]
    documents: int
    unreadable: dict[str, str]

    def worst(self, party: Party) -> Degree:
        return max((said[party].degree for _, said in (*self.changes, *self.turned)), default=Degree.NO)

    @property
    def breaks(self) -> bool:
        return any(self.worst(party) for party in Party)


def write_text(comparison: Comparison, out: TextIO) -> None:
    for change, said in comparison.changes:
        print(f"{_where(change)}  {harmless(change.what)}", file=out)
        for party, verdict in said.items():
            print(f"  {party.value:<12}  {_told(party, verdict)}", file=out)
    for turned, said in comparison.turned:
        print(f"{place(turned.document.where)}  {turned.root}: {_turn(turned)}", file=out)
        for finding in turned.findings[:1]:
            at = f"{finding.line}:{finding.column or 1}  " if finding.line is not None else ""
            print(f"  {at}{finding.rule.id} {finding.rule.name}: {finding.sentence}", file=out)
        broken = [party.value for party, verdict in said.items() if verdict.degree]
        print(f"  breaks: {', '.join(broken) or 'nobody'}", file=out)
    print(
        f"{_count(comparison.documents, 'document')} tried, {len(comparison.turned):,} with another verdict", file=out
    )
    worst = (f"{party.value} {_verb(party, comparison.worst(party))}" for party in Party)
    print(f"{_count(len(comparison.changes), 'change')}: {', '.join(worst)}", file=out)


def write_json(comparison: Comparison, out: TextIO) -> None:
    said = {
        "changes": [
            {"path": change.path, "paths": change.paths, "what": change.what, "verdicts": _fields(verdicts)}
            for change, verdicts in comparison.changes
        ],
        "documents": [
            {
                **fields_of(turned.document.where),
                "element": turned.root,
                "before": "invalid" if turned.valid_now else "valid",
                "now": "valid" if turned.valid_now else "invalid",
                "findings": [finding.as_fields() for finding in turned.findings],
                "verdicts": _fields(verdicts),
            }
            for turned, verdicts in comparison.turned
        ],
        "summary": {
            "changes": len(comparison.changes),
            "documents": comparison.documents,
            "unreadable": comparison.unreadable,
            **{party.value: _WORDS[comparison.worst(party)] for party in Party},
        },
    }
    print(json.dumps(said, ensure_ascii=False, indent=1), file=out)


FORMATS = {"text": write_text, "json": write_json}


def _fields(verdicts: Verdicts) -> dict[str, Any]:
    return {
        party.value: {
            "verdict": _WORDS[verdict.degree],
            "reason": verdict.reason,
            **({"example": verdict.example} if verdict.example is not None else {}),
        }
        for party, verdict in verdicts.items()
    }


def _where(change: Change) -> str:
    if not change.roots:
        return "every document"
    more = len(change.paths) - 1
    return harmless(change.path) + (f" and {more:,} more" if more else "")


def _told(party: Party, verdict: Verdict) -> str:
    example = f", as {harmless(verdict.example)}" if verdict.example is not None else ""
    return f"{_verb(party, verdict.degree)}: {verdict.reason}{example}"


def _verb(party: Party, degree: Degree) -> str:
    """Captures are many."""
    said = _WORDS[degree]
    return said.replace("does not", "do not").replace("breaks", "break") if party is Party.CAPTURES else said


def _turn(turned: Turned) -> str:
    return "invalid → valid" if turned.valid_now else "valid → invalid"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
