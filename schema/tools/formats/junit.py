"""JUnit's XML, which build servers show: a test suite with a test for each rule that may be broken, by file."""

from __future__ import annotations

from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from schema.tools.formats.report import Summary
from schema.tools.formats.text import place
from schema.tools.judging.checker import Heard
from schema.tools.judging.excerpts import harmless
from schema.tools.rules.finding import Finding
from schema.tools.rules.table import Severity

#: Findings of one file that are written out: the format wants their number before the first, so they are kept.
MAX_KEPT = 10_000


class Junit:
    """A file of which nothing was found is one test that passed."""

    def __init__(self, out: TextIO, *, quiet: bool, colour: bool) -> None:  # noqa: ARG002
        self._out = out
        self._found: dict[str, list[Finding]] = {}
        self._more: dict[str, int] = {}

    def valid(self, heard: Heard) -> None:
        """A test for each of a million documents helps nobody."""

    def finding(self, finding: Finding) -> None:
        found = self._found.setdefault(finding.where.stream.file, [])
        if len(found) < MAX_KEPT:
            found.append(finding)
        else:
            self._more[finding.where.stream.file] = self._more.get(finding.where.stream.file, 0) + 1

    def finish(self, summary: Summary) -> None:
        print('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="xmlchat validate">', file=self._out)
        for file in dict.fromkeys([*summary.files, *self._found]):
            self._suite(file, self._found.get(file, []), summary.unreadable.get(file))
        print("</testsuites>", file=self._out)

    def _suite(self, file: str, found: list[Finding], unreadable: str | None) -> None:
        failures = sum(one.rule.severity is not Severity.NOTE for one in found)
        numbers = {
            "tests": len(found) or 1,
            "failures": failures,
            "errors": int(unreadable is not None),
            "skipped": len(found) - failures,
        }
        head = " ".join(f'{name}="{number}"' for name, number in numbers.items())
        print(f"  <testsuite name={_attribute(file)} {head}>", file=self._out)
        if unreadable is not None:
            self._test(file, file, f"<error message={_attribute(unreadable)}/>")
        elif not found:
            self._test(file, file, "")
        for one in found:
            where = f"{place(one.where)}\n{one.excerpt.text if one.excerpt else ''}"
            kind = "skipped" if one.rule.severity is Severity.NOTE else "failure"
            more = f" type={_attribute(one.rule.id)}" if kind == "failure" else ""
            inside = f"<{kind} message={_attribute(one.sentence)}{more}>{escape(harmless(where))}</{kind}>"
            self._test(file, f"{one.rule.id} {one.rule.name} {_short(one)}", inside)
        if self._more.get(file):
            print(f"    <system-out>and {self._more[file]} more</system-out>", file=self._out)
        print("  </testsuite>", file=self._out)

    def _test(self, file: str, name: str, inside: str) -> None:
        end = f">{inside}</testcase>" if inside else "/>"
        print(f"    <testcase classname={_attribute(file)} name={_attribute(name)}{end}", file=self._out)


def _short(finding: Finding) -> str:
    return f"frame {finding.where.frame}" if finding.where.frame is not None else ""


def _attribute(value: str) -> str:
    return quoteattr(harmless(value).rstrip())
