"""The part of XML that the protocol uses: no comments, no processing instructions, no xsi attributes, nothing too deep.

The schema cannot see these (all of them validate), and each has been used to make two readers of one document disagree.
"""

from __future__ import annotations

from lxml import etree

from schema.errors import Refusal
from schema.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS
from schema.places import named, quoted

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


_COUNT = etree.XPath("count(//*)")


def check_count(root: etree._Element) -> None:
    """Raises Refusal where there are more elements than a look at each is worth. Meant for long documents only."""
    for odd in root.getroottree().iter(etree.Comment, etree.ProcessingInstruction, etree.Entity):
        _check_kind(odd)
    count = int(_COUNT(root))
    if count > MAX_ELEMENTS:
        raise Refusal("too-many-elements", f"The document has {count:,} elements; the limit is {MAX_ELEMENTS:,}.")


def check_tree(root: etree._Element) -> None:
    """Raises Refusal for the first node that has no place in a document of the protocol."""
    for outside in (*root.itersiblings(preceding=True), *root.itersiblings()):
        _check_kind(outside)
    depth = 1
    level = [root]
    while level:
        if depth > MAX_DEPTH:
            raise Refusal("too-deep", f"Elements are nested more than {MAX_DEPTH} deep.", line=level[0].sourceline)
        below: list[etree._Element] = []
        for node in level:
            _check_kind(node)
            if node.attrib:
                check_attributes(node)
            if len(node):
                below.extend(node)
        level = below
        depth += 1


def _check_kind(node: etree._Element) -> None:
    if isinstance(node.tag, str):
        return
    if isinstance(node, etree._Comment):
        raise Refusal("comment", "Comments are not allowed: they could split a text in two.", line=node.sourceline)
    if isinstance(node, etree._ProcessingInstruction):
        raise Refusal("processing-instruction", "Processing instructions are not allowed.", line=node.sourceline)
    raise Refusal("doctype", "Entities of one's own are not allowed.", line=node.sourceline)


def check_attributes(node: etree._Element) -> None:
    """Raises Refusal where one element has too many, or one of the schema instance, which every schema allows."""
    if len(node.attrib) > MAX_ATTRIBUTES:
        raise Refusal(
            "too-many-attributes",
            f"The element {named(node)} has {len(node.attrib)} attributes; the limit is {MAX_ATTRIBUTES}.",
            line=node.sourceline,
        )
    for name in node.attrib:
        if str(name).startswith(_XSI):
            said = quoted("xsi:" + str(name).removeprefix(_XSI))
            raise Refusal(
                "xsi-attribute",
                f"{said} is not allowed: the schema that applies is the protocol's own.",
                line=node.sourceline,
            )
