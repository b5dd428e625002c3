"""`python -m schema validate`: which documents are valid, and what is wrong with the others, where, in words."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Side
from schema.tools.formats import FORMATS
from schema.tools.formats.report import Report, Summary
from schema.tools.formats.text import coloured
from schema.tools.inputs.item import Document, Ended, Items, Unreadable
from schema.tools.inputs.opening import Reading, read_items
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import Documents, Judge
from schema.tools.judging.foreign import MAX_FOREIGN_DOCUMENT, BadSchema, ForeignDocuments
from schema.tools.judging.second_opinion import SecondOpinion
from schema.tools.progress import Progress
from schema.tools.rules.finding import Finding
from schema.tools.rules.table import RULES, Severity, chosen
from schema.validity import XSD

VALID, INVALID, USAGE, UNREADABLE = 0, 1, 2, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="document, stream, capture, folder or data folder; - is stdin")
    add("--format", choices=sorted(FORMATS), default="text")
    add("--sender", choices=[side.value for side in Side], help="who sent it, if the file does not say")
    add("--port", type=int, metavar="N", help="the server's port in a packet capture; else what looks like ours")
    add("--follow", action="store_true", help="go on at the end of the file, while it grows, until Ctrl+C")
    add("--select", action="append", metavar="RULES", help="only these: ids, beginnings of ids, names, layers")
    add("--ignore", action="append", metavar="RULES", help="all but these")
    add("--strict", action="store_true", help="count warnings as errors")
    add("--engine", choices=("lxml", "xmlschema", "both"), default="lxml", help="who judges against the schema")
    add("--schema", type=Path, metavar="XSD", help="judge another protocol's documents by its own schema")
    add("--restricted", action="store_true", help="with --schema: ask for restricted XML too (PROTOCOL.md 3.2)")
    add("--quiet", action="store_true", help="leave out the summary")
    add("--verbose", action="store_true", help="say what is valid, too")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    try:
        checker = _checker(arguments)
    except (ValueError, ImportError, BadSchema) as error:
        print(f"python -m schema validate: {error}", file=sys.stderr)
        return USAGE
    report: Report = FORMATS[arguments.format](sys.stdout, quiet=arguments.quiet, colour=coloured(sys.stdout))
    progress = Progress(sys.stderr) if sys.stderr.isatty() else None
    reading = Reading(
        port=arguments.port,
        sender=Side(arguments.sender) if arguments.sender else None,
        follow=arguments.follow,
        limit=MAX_FOREIGN_DOCUMENT if arguments.schema else MAX_SERVER_DOCUMENT,
        opened=progress.opened if progress else None,
    )
    summary = Summary(arguments.files, checker.counts)
    for name in arguments.files:
        try:
            _validate(checker, _watched(read_items(name, reading), progress), report, arguments, progress)
        except Unreadable as error:
            if progress is not None:
                progress.clear()
            print(f"{name}: cannot be read: {error}", file=sys.stderr)
            summary.unreadable[name] = str(error)
        except KeyboardInterrupt:
            break
    if progress is not None:
        progress.clear()
    report.finish(summary)
    return _status(summary, strict=arguments.strict)


def found_in(name: str, sender: Side | None = None) -> Iterator[Finding]:
    """All that is to be found in a file, with the usual options. Raises Unreadable."""
    yield from Checker(Documents().judge).findings(read_items(name, Reading(sender=sender)))


def _validate(
    checker: Checker, items: Items, report: Report, arguments: argparse.Namespace, progress: Progress | None
) -> None:
    for finding in _found(checker, items, report) if arguments.verbose else checker.findings(items):
        if progress is not None:
            progress.clear()
        report.finding(finding)
        if arguments.follow:
            sys.stdout.flush()


def _found(checker: Checker, items: Items, report: Report) -> Iterator[Finding]:
    """The findings, with what is valid told to the report in between."""
    for item in items:
        if isinstance(item, Document):
            heard = checker.hear(item)
            if not heard.findings:
                report.valid(heard)
            yield from heard.findings
        else:
            yield from checker.end(item) if isinstance(item, Ended) else checker.fault(item)


def _watched(items: Items, progress: Progress | None) -> Items:
    if progress is None:
        return items
    return _stepped(items, progress)


def _stepped(items: Items, progress: Progress) -> Items:
    for item in items:
        progress.step()
        yield item


def _checker(arguments: argparse.Namespace) -> Checker:
    """Raises ValueError, ImportError and BadSchema."""
    foreign = arguments.schema is not None
    judge: Judge = (
        ForeignDocuments(arguments.schema, restricted=arguments.restricted).judge if foreign else Documents().judge
    )
    second = None
    if arguments.engine != "lxml":
        second = SecondOpinion(arguments.schema or XSD, alone=arguments.engine == "xmlschema")
    wanted = chosen(_words(arguments.select)) if arguments.select else frozenset(RULES)
    wanted -= chosen(_words(arguments.ignore))
    return Checker(judge, wanted=wanted, second=second, conversation=not foreign)


def _words(given: list[str] | None) -> list[str]:
    return [word.strip() for words in given or () for word in words.split(",") if word.strip()]


def _status(summary: Summary, *, strict: bool) -> int:
    if summary.unreadable:
        return UNREADABLE
    severities = summary.counts.severities
    return INVALID if severities[Severity.ERROR] or (strict and severities[Severity.WARNING]) else VALID
