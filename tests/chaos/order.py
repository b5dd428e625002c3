"""Seen from the operating system: no `ok`, and no delivery, leaves before the message was forced to the disk.

`kill -9` cannot show this, since what the kernel has, it keeps. A server that answers too early passes every other
scenario here and fails this one.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.chaos.crew import AWAY, VISITOR, Crew, names
from tests.chaos.report import Report
from tests.chaos.target import Target

#: A call as strace writes it: whole, or begun, or ended later.
_LINE = re.compile(
    r"(?P<thread>\d+) +(?:"
    r"(?P<call>\w+)\((?P<arguments>.*?)(?:(?P<unfinished> <unfinished \.\.\.>)|\) += (?P<result>-?\d+).*)"
    r"|<\.\.\. (?P<resumed>\w+) resumed>.*\) += (?P<late>-?\d+).*)"
)

_LOG_OF_MESSAGES = "messages.db-wal"

_WRITES = {"write", "pwrite64"}
_SYNCS = {"fsync", "fdatasync"}
_SENDS = {"sendto", "sendmsg"}

#: How `say` begins every text, and the documents that carry a message's number, as strace writes them.
_TEXT = re.compile(r"sender\d+ \d+ ")
_OK = re.compile(r'<ok [^>]*seq=\\"(\d+)\\"')
_DELIVERED = re.compile(r'<(?:broadcast|direct) [^>]*seq=\\"(\d+)\\"')


@dataclass(frozen=True, slots=True)
class Sizes:
    answers: int = 2_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Step:
    """A system call that begins, or ends well, or both."""

    thread: str
    call: str
    arguments: str
    begins: bool
    ends: bool


@dataclass
class Order:
    """What a trace says; nothing should be early."""

    oks: int = 0
    deliveries: int = 0
    syncs: int = 0
    early_oks: list[str] = field(default_factory=list)
    early_deliveries: list[str] = field(default_factory=list)


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("order")
    strace = shutil.which("strace")
    if strace is None:
        report.problems.append("strace is not installed")
        return report
    senders, listeners = names(2, 1)
    trace = folder / "trace"
    calls = ",".join(sorted(_WRITES | _SYNCS | _SENDS))
    wrapper = [
        strace,
        "-f",
        "-qq",
        "-y",
        "-s",
        "1000000",
        "-e",
        f"trace={calls}",
        "-e",
        "signal=none",
        "-o",
        str(trace),
    ]
    with (
        Target(folder, [*senders, *listeners, VISITOR, AWAY], wrapper) as target,
        Crew(target.address, folder, senders, listeners, sizes.seed) as crew,
    ):
        # Light, so that most messages have a transaction of their own; and then all at once.
        crew.talk(pause=0.005)
        report.expect(crew.acknowledged.reached(sizes.answers, 600), "the answers do not come to their number")
        crew.finish(report)
        crew.judge(report, target.messages, target.stop)
    with trace.open(errors="replace") as lines:
        order = examine(lines, _texts(target.messages))
    report.figures |= {"oks seen": order.oks, "deliveries seen": order.deliveries, "syncs seen": order.syncs}
    report.figures |= {"oks before the sync": len(order.early_oks)}
    report.figures |= {"deliveries before the sync": len(order.early_deliveries)}
    report.expect(order.oks == report.figures["acknowledged"], "the trace does not show every ok")
    report.problems += order.early_oks + order.early_deliveries
    return report


def examine(trace: Iterable[str], texts: Mapping[int, str]) -> Order:
    """Every answer and delivery must begin after the end of a sync that began after the message's text was written.

    `texts` says how the text of each number begins.
    """
    order = Order()
    # Texts written since the last sync began; those that each running sync covers; those that are on the disk.
    written: set[str] = set()
    syncing: dict[str, set[str]] = {}
    safe: set[str] = set()
    for step in _steps(trace):
        if step.call in _SENDS and step.begins:
            _check_send(step, texts, safe, order)
        elif _LOG_OF_MESSAGES not in step.arguments.partition(",")[0]:
            continue
        elif step.call in _WRITES and step.ends:
            written |= set(_TEXT.findall(step.arguments)) - safe
        elif step.call in _SYNCS:
            if step.begins:
                syncing[step.thread], written = written, set()
            if step.ends:
                safe |= syncing.pop(step.thread)
                order.syncs += 1
    return order


def _texts(messages: Path) -> dict[int, str]:
    database = sqlite3.connect(f"{messages.absolute().as_uri()}?mode=ro", uri=True)
    try:
        found = database.execute("SELECT seq, text FROM message")
        return {seq: match[0] for seq, text in found if (match := _TEXT.match(text))}
    finally:
        database.close()


def _check_send(step: _Step, texts: Mapping[int, str], safe: set[str], order: Order) -> None:
    oks, delivered = _OK.findall(step.arguments), _DELIVERED.findall(step.arguments)
    order.oks += len(oks)
    order.deliveries += len(delivered)
    order.early_oks += [f"ok to message {seq} before its sync" for seq in oks if texts[int(seq)] not in safe]
    early = [seq for seq in delivered if texts[int(seq)] not in safe]
    order.early_deliveries += [f"message {seq} delivered before its sync" for seq in early]


def _steps(trace: Iterable[str]) -> Iterator[_Step]:
    """The beginnings and ends of calls in the order in which they happened; a failed call has no end."""
    begun: dict[str, _Step] = {}
    for line in trace:
        found = _LINE.match(line)
        if found is None:
            continue
        thread = found["thread"]
        if found["resumed"]:
            first = begun.pop(thread)
            yield replace(first, begins=False, ends=int(found["late"]) >= 0)
        elif found["unfinished"]:
            begun[thread] = _Step(thread, found["call"], found["arguments"], begins=True, ends=False)
            yield begun[thread]
        else:
            yield _Step(thread, found["call"], found["arguments"], begins=True, ends=int(found["result"]) >= 0)
