"""The verdict on documents of another protocol, against the XSD that its authors give: --schema FILE."""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

from schema.errors import ChatError, Refusal
from schema.guard import check_declarations, check_octets
from schema.messages import Message
from schema.parsing import parse
from schema.places import place_of
from schema.restricted import check_tree
from schema.tools.inputs.item import Document
from schema.tools.judging.blanking import suspect
from schema.tools.judging.declarations import Declarations
from schema.tools.judging.documents import rule_of_error
from schema.tools.judging.excerpts import excerpt, harmless
from schema.tools.rules.finding import Finding
from schema.tools.rules.table import BY_NAME, Layer

#: Octets of a document: a frame has to begin with the octet 0.
MAX_FOREIGN_DOCUMENT = 16 * 1024 * 1024 - 5

_NAMESPACE = re.compile(r"\{[^{}]*\}")
_VALUE = re.compile(r"value '.*?'(?= )", re.DOTALL)
_ATTRIBUTE = re.compile(r"attribute '([^']*)'")


class BadSchema(ChatError):
    """The file that --schema names is no XSD."""


class ForeignDocuments:
    """Not thread-safe. `restricted` asks for the restricted XML of our protocol as well (PROTOCOL.md §3.2)."""

    def __init__(self, xsd: Path, *, restricted: bool) -> None:
        """Raises BadSchema."""
        try:
            tree = etree.parse(xsd)
            self._schema = etree.XMLSchema(tree)
        except (OSError, etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            raise BadSchema(f"{xsd} is no XSD that libxml2 can read: {error}") from None
        self._declarations = Declarations(tree, str(xsd))
        self._restricted = restricted

    def judge(self, document: Document, findings: list[Finding]) -> tuple[Message | None, Refusal | None]:
        """There is no message: what the document says is not known here."""
        octets, where = document
        try:
            check_octets(octets, MAX_FOREIGN_DOCUMENT)
            if b"<!" in octets:
                check_declarations(octets)
            root = parse(octets)
            if self._restricted:
                check_tree(root)
        except Refusal as refusal:
            rule = BY_NAME[refusal.code.name]
            shown = excerpt(octets, refusal.line or 1, refusal.column or 1, well_formed=rule.layer is Layer.RESTRICTED)
            findings.append(Finding(rule, refusal.sentence, where, refusal.line, refusal.column, refusal.at, shown))
        else:
            if not self._schema.validate(root):
                findings.append(self._invalid(document, root))
        return None, None

    def _invalid(self, document: Document, root: etree._Element) -> Finding:
        error = next(iter(self._schema.error_log))
        node = _node(root, error)
        said = _ATTRIBUTE.search(error.message)
        attribute = said[1].rpartition("}")[2] if said and said[1] in node.attrib else None
        place = place_of(document.octets, node, attribute)
        names = [etree.QName(step).localname for step in (*reversed([*node.iterancestors()]), node)]
        path = "/" + "/".join(names) + (f"/@{attribute}" if attribute else "")
        sentence = _NAMESPACE.sub("", error.message)
        if suspect(path.rpartition("/")[2].encode()):
            sentence = _VALUE.sub("value", sentence)
        return Finding(
            BY_NAME[rule_of_error(error)],
            harmless(sentence),
            document.where,
            place.line,
            place.column,
            path,
            excerpt(document.octets, place.line, place.column, well_formed=True),
            self._declarations.at(path),
        )


def _node(root: etree._Element, error: etree._LogEntry) -> etree._Element:
    """The element that an error names by its path: by names and numbers alone, whatever the prefixes mean."""
    node, choice = root, [root]
    for step in (error.path or "/*").split("/")[1:]:
        name, _, number = step.rstrip("]").partition("[")
        local = name.rpartition(":")[2]
        same = [other for other in choice if local == "*" or etree.QName(other).localname == local]
        if len(same) < int(number or 1):
            break
        node = same[int(number or 1) - 1]
        choice = list(node.iterchildren(etree.Element))
    return node
