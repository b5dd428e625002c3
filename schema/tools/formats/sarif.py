"""SARIF 2.1.0 (OASIS), which code hosts and editors show: each result with its rule, its place and its lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from schema.tools.formats.report import Summary
from schema.tools.judging.checker import Heard
from schema.tools.rules.finding import Finding, fields_of
from schema.tools.rules.table import RULES, Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_INDEX = {rule: index for index, rule in enumerate(RULES)}


class Sarif:
    """Results are written as they come; the rules, which are known, stand before them."""

    def __init__(self, out: TextIO, *, quiet: bool, colour: bool) -> None:  # noqa: ARG002
        self._out = out
        driver = {"name": "xmlchat validate", "rules": [_rule(rule) for rule in RULES]}
        head = json.dumps({"tool": {"driver": driver}, "columnKind": "unicodeCodePoints"}, ensure_ascii=False)
        self._before = f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{head[:-1]}, "results": [\n'

    def valid(self, heard: Heard) -> None:
        """Results are what was found; SARIF has no place for what is valid."""

    def finding(self, finding: Finding) -> None:
        self._write(json.dumps(_result(finding), ensure_ascii=False))

    def finish(self, summary: Summary) -> None:
        self._write("", last=True)
        counts = json.dumps({"properties": summary.counts.as_fields(), **_invocation(summary)}, ensure_ascii=False)
        print(f"\n], {counts[1:]}]}}", file=self._out)

    def _write(self, said: str, *, last: bool = False) -> None:
        if not last or self._before != ",\n":
            print(self._before + said, end="", file=self._out)
        self._before = ",\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.meaning},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {"layer": rule.layer.value},
    }


def _result(finding: Finding) -> dict[str, Any]:
    where = finding.where
    region: dict[str, Any] = {}
    alone = where.frame is None
    if alone and finding.line is not None:
        region = {"startLine": finding.line, "startColumn": finding.column or 1}
    elif where.offset is not None:
        region = {"byteOffset": where.offset}
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(where.stream.file)}}
    if region:
        physical["region"] = region
    properties = fields_of(where)
    if finding.line is not None:
        properties |= {"line": finding.line, "column": finding.column or 1}
    if finding.excerpt is not None:
        properties["source"] = finding.excerpt.text
    if finding.declared is not None:
        properties["schema"] = str(finding.declared)
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.at is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.at, "kind": "element"}]
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": _INDEX[finding.rule],
        "level": finding.rule.severity.value,
        "message": {"text": finding.sentence},
        "locations": [location],
        "properties": properties,
    }


def _invocation(summary: Summary) -> dict[str, Any]:
    notes = [
        {"level": "error", "message": {"text": f"{name}: cannot be read: {why}"}}
        for name, why in summary.unreadable.items()
    ]
    return {"invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}]}


def _uri(file: str) -> str:
    return quote(Path(file).as_posix()) if file != "-" else "stdin"
