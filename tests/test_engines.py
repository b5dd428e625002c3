"""chat.xsd means the same in every engine: libxml2, old and new, Xerces, System.Xml and xmlschema give one verdict."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from schema.messages import NAMESPACE
from tests.engines import boundary
from tests.engines.boundary import ROOTS, SIMPLE, Case, cases
from tests.engines.differences import DIFFERENCES, Difference
from tests.engines.judges import ENGINES, Engine, Verdicts
from tests.examples import DOCUMENTS

#: What an engine can say of an example: the rest is refused before the schema is asked.
OF_THE_SCHEMA = {None, "invalid", "wrong-namespace", "unknown-element"}

EXAMPLES = {example.file.replace("/", "-"): example for example in DOCUMENTS if example.code in OF_THE_SCHEMA}


@cache
def made() -> dict[str, Case]:
    """The documents that are made from the schema, by name."""
    return {case.name: case for case in cases()}


#: The reference: in lxml, and the one that the server runs.
LIBXML2 = ENGINES[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    for name, octets in [
        *((name, example.octets) for name, example in EXAMPLES.items()),
        *((name, case.document) for name, case in made().items()),
    ]:
        (folder / name).write_bytes(octets)
    return folder


@pytest.fixture(scope="module")
def reference(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    return LIBXML2.judge(folder, tmp_path_factory.mktemp("reference"))


@pytest.mark.heavy
def test_the_examples_get_the_verdict_of_the_index(reference: Verdicts) -> None:
    assert {name: reference[name] for name in EXAMPLES} == {name: one.valid for name, one in EXAMPLES.items()}


@pytest.mark.heavy
@pytest.mark.parametrize("engine", [one for one in ENGINES if one is not LIBXML2], ids=str)
def test_an_engine_says_the_same_as_libxml2(engine: Engine, folder: Path, reference: Verdicts, tmp_path: Path) -> None:
    """But for what PROTOCOL.md lists in §9.3, which is asserted too."""
    if engine.missing:
        pytest.skip(f"not installed: {', '.join(engine.missing)}")
    known = [one for one in DIFFERENCES if engine.name in one.engines]
    other = {name for name, case in made().items() if any(one.is_about(case) for one in known)}
    other |= {name for name, example in EXAMPLES.items() if any(example.file in one.examples for one in known)}
    verdicts = engine.judge(folder, tmp_path)
    assert set(verdicts) == set(reference)
    assert {name for name in reference if verdicts[name] != reference[name]} == other


@pytest.mark.heavy
def test_some_of_each_type_and_document_are_valid_and_some_are_not(reference: Verdicts) -> None:
    kinds = [f"value-{simple}-" for simple in SIMPLE] + [f"shape-{root}-" for root in ROOTS]
    for kind in kinds:
        assert {reference[name] for name in made() if name.startswith(kind)} == {True, False}, kind


#: What a later version might add to the schema.
ADDED = etree.fromstring(f"""
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}">
  <xs:simpleType name="Colour">
    <xs:restriction base="xs:string"><xs:pattern value="[0-9a-f]{{6}}"/></xs:restriction>
  </xs:simpleType>
  <xs:complexType name="PaintDocument"><xs:attribute name="colour" type="Colour" use="required"/></xs:complexType>
  <xs:element name="paint" type="PaintDocument"/>
</xs:schema>""")


@pytest.mark.heavy
def test_a_type_and_a_document_that_are_new_are_asked_about_too(monkeypatch: pytest.MonkeyPatch) -> None:
    simple, declared, _ = ADDED
    monkeypatch.setitem(boundary.SIMPLE, "Colour", simple)
    monkeypatch.setitem(boundary.COMPLEX, "PaintDocument", declared)
    monkeypatch.setitem(boundary.ROOTS, "paint", "PaintDocument")
    new = {case.name: case for case in cases() if case.name not in made()}
    asked = {case.value for case in new.values() if case.type == "Colour"}
    assert asked >= {"000000", "00000", "0000000", "g00000", "`00000", "+5"}
    assert {"shape-paint-least", "shape-paint-without-attribute-colour", "shape-paint-more-children"} <= set(new)


@pytest.mark.heavy
@pytest.mark.parametrize("difference", DIFFERENCES, ids=[one.what for one in DIFFERENCES])
def test_what_is_known_to_differ_is_asked(difference: Difference) -> None:
    assert any(map(difference.is_about, made().values()))
    assert difference.engines <= {engine.name for engine in ENGINES}
