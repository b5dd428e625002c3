"""Compares what the clients have recorded with what is on disk. Knows nothing of the server's code or the client's.

A record is a file of JSON lines. The first says who it is of: `user`; `rooms`, with the number after which everything
said in each is for this client; and `directs`, the same for direct messages. Then come, in the order in which they
happened, `{"ok": id, "text": …, "seq": …}` for an answer, `{"refused": id, "text": …, "code": …}` for another one, and
`{"got": "broadcast" or "direct", "seq": …, "room": …, "from": …, "to": …, "text": …}` for what was received. Every text
begins with the sender's name and a number that grows by one, so that no two are the same.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """A message on disk."""

    seq: int
    sender: str
    room: str | None
    recipient: str | None
    text: str


@dataclass
class Record:
    """What one client saw and was answered."""

    user: str
    rooms: dict[str, int]
    directs: int
    oks: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)

    def is_for_us(self, row: Row) -> bool:
        if row.recipient is not None:
            return self.user in (row.recipient, row.sender) and row.seq > self.directs
        return row.room in self.rooms and row.seq > self.rooms[row.room]


@dataclass
class Verdict:
    """How many there were of each; all but the first three should be 0."""

    acknowledged: int = 0
    stored: int = 0
    received: int = 0
    lost: int = 0
    twice: int = 0
    disordered: int = 0
    not_stored: int = 0
    stored_twice: int = 0
    not_for_us: int = 0
    altered: int = 0
    refused_but_stored: int = 0
    sent_in_another_order: int = 0
    never_answered: int = 0
    #: The first of them, in words.
    problems: list[str] = field(default_factory=list)

    def note(self, what: str, examples: Iterable[object]) -> None:
        found = list(examples)
        setattr(self, what, getattr(self, what) + len(found))
        self.problems += [f"{what.replace('_', ' ')}: {example}" for example in found[:5]]

    @property
    def figures(self) -> dict[str, int]:
        return {spec.name.replace("_", " "): getattr(self, spec.name) for spec in fields(self) if spec.type == "int"}


def check(records: Path, database: Path) -> Verdict:
    """Reads every record in the folder. The server must be stopped, or be idle."""
    rows = _rows(database)
    verdict = Verdict(stored=len(rows))
    by_text = {row.text: row for row in rows}
    counted = Counter(row.text for row in rows)
    verdict.note("stored_twice", (text for text, count in counted.items() if count > 1))
    answered: set[str] = set()
    for path in sorted(records.glob("*.jsonl")):
        record = _read(path)
        _check_answers(record, by_text, verdict)
        _check_received(record, rows, verdict)
        answered |= {ok["text"] for ok in record.oks}
    verdict.note("never_answered", (row for row in rows if row.text not in answered))
    _check_senders(rows, verdict)
    return verdict


def _rows(database: Path) -> list[Row]:
    connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = connection.execute("SELECT seq, sender, room, recipient, text FROM message ORDER BY seq")
        return [Row(*row) for row in found]
    finally:
        connection.close()


def _read(path: Path) -> Record:
    with path.open() as lines:
        record = Record(**json.loads(next(lines)))
        for line in lines:
            event = json.loads(line)
            kind = record.oks if "ok" in event else record.refusals if "refused" in event else record.got
            kind.append(event)
    return record


def _check_answers(record: Record, by_text: dict[str, Row], verdict: Verdict) -> None:
    verdict.acknowledged += len(record.oks)
    wrong = [ok for ok in record.oks if (row := by_text.get(ok["text"])) is None or row.seq != ok["seq"]]
    verdict.note("not_stored", wrong)
    verdict.note("refused_but_stored", (refused for refused in record.refusals if refused["text"] in by_text))


def _check_received(record: Record, rows: list[Row], verdict: Verdict) -> None:
    verdict.received += len(record.got)
    expected = {row.seq: row for row in rows if record.is_for_us(row)}
    seqs = [event["seq"] for event in record.got]
    counted = Counter(seqs)
    user = record.user
    verdict.note("lost", (f"by {user}: {row}" for seq, row in expected.items() if seq not in counted))
    verdict.note("twice", (f"by {user}: {seq}" for seq, count in counted.items() if count > 1))
    verdict.note("not_for_us", (f"{user} got {event}" for event in record.got if event["seq"] not in expected))
    pairs = pairwise(seqs)
    verdict.note("disordered", (f"{user} got {late} after {early}" for early, late in pairs if late < early))
    known = [event for event in record.got if event["seq"] in expected]
    verdict.note("altered", (f"{user} got {event}" for event in known if _row(event) != expected[event["seq"]]))


def _row(event: dict[str, Any]) -> Row:
    return Row(event["seq"], event["from"], event["room"], event["to"], event["text"])


def _check_senders(rows: list[Row], verdict: Verdict) -> None:
    """Each sender's messages are stored in the order in which it sent them."""
    last: dict[str, int] = {}
    for row in rows:
        name, number = row.text.split(maxsplit=2)[:2]
        if row.sender != name:
            verdict.note("altered", [row])
        if int(number) <= last.get(name, 0):
            verdict.note("sent_in_another_order", [row])
        last[name] = int(number)


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: python -m tests.chaos.checker FOLDER-OF-RECORDS MESSAGES.DB", file=sys.stderr)
        return 2
    verdict = check(Path(sys.argv[1]), Path(sys.argv[2]))
    print(json.dumps(verdict.figures, indent=1), *verdict.problems, sep="\n")
    return 1 if verdict.problems else 0


if __name__ == "__main__":
    sys.exit(main())
