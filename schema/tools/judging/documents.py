"""The verdict on one document of this protocol, layer by layer, up to the schema."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from schema.codec import decode
from schema.errors import Refusal
from schema.messages import Message
from schema.parsing import parse
from schema.places import place_at
from schema.tools.inputs.item import Document
from schema.tools.judging.blanking import suspect
from schema.tools.judging.declarations import Declarations
from schema.tools.judging.excerpts import excerpt
from schema.tools.rules.finding import Finding
from schema.tools.rules.table import BY_NAME, Layer
from schema.validity import XSD, has_many_tags

#: What libxml2 calls the ways in which a document can be invalid, and the rules for them.
RULE_OF_ERROR = {
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "unknown-attribute",
    "SCHEMAV_CVC_TYPE_3_1_1": "unknown-attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_4": "missing-attribute",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "stray-text",
    "SCHEMAV_CVC_TYPE_3_1_2": "element-in-text",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "wrong-value",
    "SCHEMAV_CVC_PATTERN_VALID": "wrong-value",
    "SCHEMAV_CVC_MINLENGTH_VALID": "wrong-value",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "wrong-value",
    "SCHEMAV_CVC_LENGTH_VALID": "wrong-value",
    "SCHEMAV_CVC_ENUMERATION_VALID": "wrong-value",
    "SCHEMAV_CVC_MININCLUSIVE_VALID": "wrong-value",
    "SCHEMAV_CVC_MAXINCLUSIVE_VALID": "wrong-value",
    "SCHEMAV_CVC_ELT_1": "unknown-element",
}

#: How that begins of which a refusal says no place, or only the line.
_MARKS = {"doctype": b"<!DOCTYPE", "comment": b"<!--", "processing-instruction": b"<?"}

#: Layers whose verdict stands on a document that parses.
PARSED = (Layer.RESTRICTED, Layer.SCHEMA)


class Documents:
    """Judges documents against chat.xsd, as server and client do, and says more of it. Not thread-safe."""

    def __init__(self) -> None:
        tree = etree.parse(XSD)
        self._schema = etree.XMLSchema(tree)
        self._declarations = Declarations(tree, f"schema/{XSD.name}")

    def judge(self, document: Document, findings: list[Finding]) -> tuple[Message | None, Refusal | None]:
        """The message, or why it is refused, which is then found."""
        octets, where = document
        try:
            return decode(octets, where.stream.sender, guarded=False), None
        except Refusal as refusal:
            findings.append(self._finding(document, refusal))
            return None, refusal

    def _finding(self, document: Document, refusal: Refusal) -> Finding:
        octets = document.octets
        rule = BY_NAME[refusal.code.name]
        if rule.name == "invalid":
            rule = BY_NAME[self._kind(octets)]
        sentence, line, column = refusal.sentence, refusal.line, refusal.column
        if suspect(octets) and rule.layer not in PARSED:
            # What the parser stumbled over may be a part of a password.
            sentence = f"{rule.meaning.partition('.')[0]}. (No more is said, since the document may hold a password.)"
        offset = octets.find(_MARKS[rule.name]) if rule.name in _MARKS else refusal.offset
        if offset is not None and offset >= 0 and column is None:
            place = place_at(octets, offset)
            line, column = place.line, place.column
        return Finding(
            rule,
            sentence,
            document.where,
            line,
            column,
            refusal.at,
            excerpt(octets, line or 1, column or 1, well_formed=rule.layer in PARSED),
            self._declarations.at(refusal.at) if refusal.at and rule.layer is Layer.SCHEMA else None,
        )

    def _kind(self, octets: bytes) -> str:
        """The rule for an invalid document, by what the schema says first of it."""
        if has_many_tags(octets):
            # libxml2 takes long over a document in which much is wrong.
            return "invalid"
        self._schema.validate(parse(octets))
        first = next(iter(self._schema.error_log), None)
        return rule_of_error(first)


def rule_of_error(error: etree._LogEntry | None) -> str:
    """The name of the rule for an error of libxml2's validation."""
    if error is None:
        return "invalid"
    if error.type_name == "SCHEMAV_ELEMENT_CONTENT":
        return "missing-element" if "Missing child" in error.message else "misplaced-element"
    if error.type_name == "SCHEMAV_CVC_COMPLEX_TYPE_2_1":
        return "stray-text" if error.message.partition(":")[2].startswith(" Character") else "misplaced-element"
    return RULE_OF_ERROR.get(error.type_name, "invalid")


Judge = Callable[[Document, list[Finding]], tuple[Message | None, Refusal | None]]
