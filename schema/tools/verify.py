"""`python -m schema verify`: whether a transcript is as it was made, and if not, what was done to it and where."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from schema.tools.inputs.item import Unreadable
from schema.tools.inputs.opening import read_items
from schema.tools.judging.excerpts import harmless
from schema.tools.sealing.collecting import Collected
from schema.tools.sealing.comparing import Comparison
from schema.tools.sealing.head import Head
from schema.tools.sealing.keys import BadKey, read_public_key
from schema.tools.sealing.proof import Flaw, Proof
from schema.tools.sealing.reading import read_parts

PROVEN, NOT_PROVEN, USAGE, UNREADABLE = 0, 1, 2, 3
EXIT_CODES = "exit codes: 0 proven, 1 not proven, 2 usage, 3 unreadable"

#: Flaws that are named: after these nobody reads on.
_MAX_FLAWS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("transcript", type=Path, metavar="TRANSCRIPT", help="what python -m schema transcript has made")
    parser.add_argument("--key", type=Path, metavar="PUB", help="the public key that it must be signed with (PEM)")
    parser.add_argument("--against", metavar="DATA", help="compare it with a data folder or a capture, too")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    path: Path = arguments.transcript
    try:
        key = None if arguments.key is None else read_public_key(arguments.key)
    except BadKey as error:
        print(f"python -m schema verify: {error}", file=sys.stderr)
        return USAGE
    try:
        proof = Proof(key)
        if _told(path, _flaws(path, proof)):
            return NOT_PROVEN
        if proof.head is None:
            return NOT_PROVEN
        _report(path, proof.head, proof.last, asked=key is not None)
        if arguments.against is not None:
            return _compare(path, arguments.against, proof.head)
    except OSError as error:
        print(f"{path}: cannot be read: {error.strerror}", file=sys.stderr)
        return UNREADABLE
    except Unreadable as error:
        print(f"{arguments.against}: cannot be read: {error}", file=sys.stderr)
        return UNREADABLE
    return PROVEN


def _flaws(path: Path, proof: Proof) -> Iterator[Flaw]:
    with path.open("rb") as file:
        yield from proof.flaws(read_parts(file))


def _told(path: Path, flaws: Iterator[Flaw]) -> bool:
    """Whether there were any."""
    first = next(flaws, None)
    if first is None:
        return False
    print(f"{path}: not proven")
    for flaw in (first, *islice(flaws, _MAX_FLAWS - 1)):
        print(f"  {flaw}")
    more = sum(1 for _ in flaws)
    if more:
        print(f"  and {more:,} more")
    return True


def _report(path: Path, head: Head, last: str, *, asked: bool) -> None:
    span = "" if head.first is None else f", seq {head.first} to {head.last}"
    print(f"{path}: proven: nothing was added, dropped or changed since it was made" + _condition(head, asked=asked))
    print(f"  {head.count:,} message{'' if head.count == 1 else 's'}{span}, of {_quoted(head.origin)} ({head.source})")
    print(f"  made {head.made}, {_chosen(head)}")
    if head.unread:
        print(f"  {head.unread:,} of what the server sent could not be read then and is missing")
    print(f"  last hash {last}")
    if head.key is not None:
        print(f"  signed with the key {head.key}" + (", the one that you gave" if asked else ""))
    if head.key is None:
        print("  It is not signed: whoever changes it can compute its hashes anew. Compare the last hash with one")
        print("  that you had from elsewhere, or ask for a transcript that is signed.")
    elif not asked:
        print("  Whose key that is, is not known here: give the key that you trust with --key.")


def _condition(head: Head, *, asked: bool) -> str:
    if asked:
        return ""
    return ", if the last hash is the one that was made" if head.key is None else ", if the key is one that you trust"


def _chosen(head: Head) -> str:
    chosen = head.selection
    words = [f"room {chosen.room}" if chosen.room else "all rooms"]
    if chosen.user:
        words.append(f"what {chosen.user} {'could read' if head.source == 'log' else 'received'}")
    words += [f"from {chosen.since}"] if chosen.since else []
    words += [f"before {chosen.until}"] if chosen.until else []
    words.append("with direct messages" if chosen.direct else "without direct messages")
    return ", ".join(words)


def _compare(path: Path, data: str, head: Head) -> int:
    """Raises Unreadable and OSError."""
    with Collected(read_items(data), head.selection) as found, path.open("rb") as file:
        comparison = Comparison(found.messages(), head.last)
        if _told(path, comparison.flaws(read_parts(file))):
            return NOT_PROVEN
        newer = comparison.newer
    print(f"  the same as in {data}" + (f", where {newer:,} newer have come since" if newer else ""))
    return PROVEN


def _quoted(origin: str) -> str:
    return f'"{harmless(origin)}"'
