"""The verdict of another engine on the same documents: xmlschema, which shares no code with libxml2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from schema.parsing import parse
from schema.tools.inputs.item import Document
from schema.tools.judging.blanking import suspect
from schema.tools.judging.excerpts import harmless
from schema.tools.rules.finding import Finding
from schema.tools.rules.table import BY_NAME, Layer

#: Characters of the engine's reason that are repeated.
_MAX_REASON = 160


class SecondOpinion:
    """Compiles the schema, which takes some 50 ms, and a document some 0.5 ms."""

    def __init__(self, xsd: Path, *, alone: bool) -> None:
        """`alone`: its verdict counts in place of libxml2's. Raises ImportError where it is not installed."""
        import xmlschema

        self._schema: Any = xmlschema.XMLSchema(str(xsd))
        self._alone = alone

    def judge(self, document: Document, findings: list[Finding]) -> None:
        """Adds to, or takes the place of, what was found of this document, which is all that `findings` holds."""
        if any(finding.rule.layer is not Layer.SCHEMA for finding in findings) or _not_asked(findings):
            # Something other than the schema has refused it.
            return
        error = next(self._schema.iter_errors(parse(document.octets)), None)
        reason = "" if error is None else f": {_said(error, document.octets)}"
        if self._alone:
            findings.clear()
            if error is not None:
                findings.append(Finding(BY_NAME["invalid"], f"xmlschema refuses the document{reason}.", document.where))
        elif (error is None) == bool(findings):
            by, whose = ("libxml2", "xmlschema") if findings else ("xmlschema", "libxml2")
            sentence = f"{by} refuses the document, {whose} accepts it{reason}."
            findings.append(Finding(BY_NAME["engines-disagree"], sentence, document.where))


def _not_asked(findings: list[Finding]) -> bool:
    """What our decoder refuses before it asks the schema, by its own table of documents."""
    return any(finding.rule.name in ("wrong-namespace", "unknown-element", "wrong-direction") for finding in findings)


def _said(error: Any, document: bytes) -> str:
    """Its reason, which quotes values, so not where one could be a secret."""
    if suspect(document):
        return "it does not fit the schema"
    return harmless(str(error.reason or error.message))[:_MAX_REASON].rstrip(".")
