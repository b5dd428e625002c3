"""`python -m schema diff`: what differs between two versions of a schema, and whom that breaks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from schema.tools.inputs.item import Items, Unreadable
from schema.tools.inputs.opening import Reading, read_items
from schema.tools.judging.foreign import MAX_FOREIGN_DOCUMENT, BadSchema
from schema.validity import XSD

if TYPE_CHECKING:
    from schema.tools.comparing.report import Comparison

NOTHING_BREAKS, BREAKS, USAGE, UNREADABLE = 0, 1, 2, 3

EXAMPLES = XSD.parent / "examples"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("old", type=Path, metavar="OLD.xsd")
    add("new", type=Path, metavar="NEW.xsd")
    add("--capture", action="append", default=[], metavar="FILE", help="try its documents too: all that validate reads")
    add("--examples", default=str(EXAMPLES), metavar="DIR", help="try these documents in place of schema/examples")
    add("--port", type=int, metavar="N", help="the server's port in a packet capture; else what looks like ours")
    add("--minor", action="store_true", help="what is added is not sent to older peers: is it a minor version?")
    add("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    # The package that reads schemas takes its time, which --help need not.
    from schema.tools.comparing.report import FORMATS

    try:
        comparison = compare(arguments)
    except BadSchema as error:
        print(f"python -m schema diff: {error}", file=sys.stderr)
        return UNREADABLE
    FORMATS[arguments.format](comparison, sys.stdout)
    if comparison.unreadable:
        return UNREADABLE
    return BREAKS if comparison.breaks else NOTHING_BREAKS


def compare(arguments: argparse.Namespace) -> Comparison:
    """Raises BadSchema."""
    from schema.tools.comparing.parties import Directions, verdicts
    from schema.tools.comparing.report import Comparison
    from schema.tools.comparing.structure import changes
    from schema.tools.comparing.trial import Trial
    from schema.tools.components import load

    trial = Trial(arguments.old, arguments.new)
    old, new = load(arguments.old), load(arguments.new)
    directions = Directions(old, new)
    found = [
        (change, verdicts(change, directions.of(change.roots), minor=arguments.minor)) for change in changes(old, new)
    ]
    turned = []
    unreadable: dict[str, str] = {}
    for name in (arguments.examples, *arguments.capture):
        try:
            for one in trial.turned(_items(name, arguments.port)):
                sender = one.document.where.stream.sender
                senders = frozenset({sender}) if sender else directions.of([one.root])
                turned.append((one, verdicts(one.change, senders, minor=arguments.minor)))
        except Unreadable as error:
            print(f"{name}: cannot be read: {error}", file=sys.stderr)
            unreadable[name] = str(error)
    return Comparison(found, turned, trial.documents, unreadable)


def _items(name: str, port: int | None) -> Items:
    return read_items(name, Reading(port=port, limit=MAX_FOREIGN_DOCUMENT))
