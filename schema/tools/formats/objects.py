"""JSON for programs: all in one object, or with an object on each line as things are found."""

from __future__ import annotations

import json
from typing import Any, TextIO

from schema.tools.formats.report import Summary
from schema.tools.judging.checker import Heard
from schema.tools.rules.finding import Finding, fields_of


class JsonLines:
    """`type` says what a line is: `finding`, `document` (with --verbose), and at the end `summary`."""

    def __init__(self, out: TextIO, *, quiet: bool, colour: bool) -> None:  # noqa: ARG002
        self._out, self._quiet = out, quiet

    def valid(self, heard: Heard) -> None:
        self._write({"type": "document", **_document(heard)})

    def finding(self, finding: Finding) -> None:
        self._write({"type": "finding", **finding.as_fields()})

    def finish(self, summary: Summary) -> None:
        if not self._quiet:
            self._write({"type": "summary", **_summary(summary)})

    def _write(self, said: dict[str, Any]) -> None:
        print(json.dumps(said, ensure_ascii=False), file=self._out)


class JsonObject:
    """`{"findings": […], "summary": {…}}`. With --verbose valid documents stand among the findings, as `valid`."""

    def __init__(self, out: TextIO, *, quiet: bool, colour: bool) -> None:  # noqa: ARG002
        self._out = out
        self._before = '{"findings": [\n'

    def valid(self, heard: Heard) -> None:
        self._write({"severity": "valid", **_document(heard)})

    def finding(self, finding: Finding) -> None:
        self._write(finding.as_fields())

    def finish(self, summary: Summary) -> None:
        end = '{"findings": [' if self._before.startswith("{") else "\n"
        print(f'{end}], "summary": {json.dumps(_summary(summary), ensure_ascii=False)}}}', file=self._out)

    def _write(self, said: dict[str, Any]) -> None:
        print(self._before + json.dumps(said, ensure_ascii=False), end="", file=self._out)
        self._before = ",\n"


def _document(heard: Heard) -> dict[str, Any]:
    element = {"element": heard.message.element} if heard.message else {}
    return {**element, **fields_of(heard.document.where)}


def _summary(summary: Summary) -> dict[str, Any]:
    return {"files": summary.files, **summary.counts.as_fields(), "unreadable": summary.unreadable}
