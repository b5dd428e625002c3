"""The differences and what was done, for a person or for a program."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TextIO

from schema.messages import as_fields
from schema.tools.formats.text import coloured, painted
from schema.tools.judging.excerpts import harmless
from schema.tools.replaying.heard import About, Difference
from schema.tools.replaying.player import Played
from schema.tools.replaying.script import Said

#: Characters of a value that are shown.
MAX_VALUE = 300

_RED, _GREEN, _BOLD = "\x1b[31m", "\x1b[32m", "\x1b[1m"

#: What a document is, where it is no answer.
_NAMES = {
    About.GREETING: "the greeting",
    About.MESSAGE: "a message",
    About.NOTICE: "a notice",
    About.USERS: "a list of users",
    About.BYE: "the farewell",
    About.ERROR: "an error that answers nothing",
    About.STRAY: "an answer to nothing that was asked",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that there is to tell. `aside` are connections that were not played, `invented` names of users."""

    played: Played
    differences: list[Difference]
    aside: list[int]
    invented: list[str]


def tell_text(outcome: Outcome, out: TextIO) -> None:
    colour = coloured(out)
    for difference in outcome.differences:
        print(painted(_where(difference), _BOLD, colour=colour), file=out)
        for change in difference.changes:
            print(f"  {harmless(change.at)}", file=out)
            print(f"    {painted('expected', _GREEN, colour=colour)}  {_value(change.expected)}", file=out)
            print(f"    {painted('got', _RED, colour=colour)}       {_value(change.got)}", file=out)
    for line in _remarks(outcome):
        print(line, file=out)
    played, count = outcome.played, len(outcome.differences)
    differences = "no difference" if not count else f"{count:,} {'difference' if count == 1 else 'differences'}"
    print(f"{played.sent:,} documents sent, {played.received:,} received, {differences}", file=out)


def tell_ndjson(outcome: Outcome, out: TextIO) -> None:
    """`type` says what a line is: `difference`, and at the end `summary`."""
    for difference in outcome.differences:
        _write({"type": "difference", **fields_of(difference)}, out)
    _write({"type": "summary", **_summary(outcome)}, out)


def tell_json(outcome: Outcome, out: TextIO) -> None:
    """`{"differences": […], "summary": {…}}`."""
    _write({"differences": [fields_of(one) for one in outcome.differences], "summary": _summary(outcome)}, out)


def fields_of(difference: Difference) -> dict[str, Any]:
    """For programs; what is not there is left out."""
    expected, command = difference.expected, difference.command
    plain: dict[str, Any] = {
        "about": difference.about.value,
        "connection": difference.connection,
        "frame": expected.frame if expected else None,
        "command": _command(command) if command else None,
        "expected": as_fields(expected.message) if expected and expected.message else None,
        "got": as_fields(difference.got) if difference.got else None,
        "changes": [{"at": one.at, "expected": one.expected, "got": one.got} for one in difference.changes],
    }
    return {name: value for name, value in plain.items() if value is not None}


def _summary(outcome: Outcome) -> dict[str, Any]:
    played = outcome.played
    return {
        "sent": played.sent,
        "received": played.received,
        "differences": len(outcome.differences),
        "unsent": [said.frame for said in played.unsent],
        "late": [said.frame for said in played.late],
        "unreadable": played.broken,
        "connections_aside": outcome.aside,
        "passwords_invented": outcome.invented,
    }


def _remarks(outcome: Outcome) -> list[str]:
    played, said = outcome.played, []
    if outcome.invented:
        said.append(f"passwords were invented for {', '.join(outcome.invented)} (--password-file gives others)")
    if played.unsent:
        frames = ", ".join(str(one.frame) for one in played.unsent[:10])
        more = ", …" if len(played.unsent) > 10 else ""
        said.append(f"not sent, since the capture does not hold what was: {frames}{more}")
    if played.late:
        frames = ", ".join(str(one.frame) for one in played.late[:10])
        said.append(f"not sent, since the server had ended the connection: {frames}")
    if outcome.aside:
        numbers = ", ".join(map(str, outcome.aside))
        said.append(f"not played, since something of it is not in the capture: connection {numbers}")
    return said + [harmless(one) for one in played.broken]


def _where(difference: Difference) -> str:
    expected, command = difference.expected, difference.command
    frame = f"frame {expected.frame}" if expected else "not in the capture"
    what = _NAMES.get(difference.about, "")
    if command is not None:
        name = command.message.element if command.message else "what was refused"
        id = f" {command.re!r}" if command.re else ""
        what = f"the answer to {name}{id} of frame {command.frame}"
    return f"{frame}  connection {difference.connection}  {harmless(what)}"


def _value(value: str | None) -> str:
    if value is None:
        return "nothing"
    said = harmless(value)
    return said if len(said) <= MAX_VALUE else f"{said[:MAX_VALUE]}…"


def _command(said: Said) -> dict[str, Any]:
    plain = {"element": said.message.element if said.message else None, "id": said.re, "frame": said.frame}
    return {name: value for name, value in plain.items() if value is not None}


def _write(said: dict[str, Any], out: TextIO) -> None:
    print(json.dumps(said, ensure_ascii=False), file=out)
