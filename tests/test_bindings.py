"""What makes classes from chat.xsd makes good ones: xjc, System.Xml's generator and xsdata, without a word of warning.

Each reads every valid example into its classes and writes it again, and the same is said as before.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest
from lxml import etree

from schema.codec import decode
from schema.messages import NAMESPACE
from schema.validity import XSD
from tests.engines.judges import run
from tests.examples import VALID

HERE = Path(__file__).parent / "bindings"

#: Where Debian puts what JAXB needs to run; newer JDKs no longer hold it.
JARS = [
    Path("/usr/share/java") / f"{name}.jar" for name in ("jaxb-api", "jaxb-runtime", "jaxb-core", "javax.activation")
]
JARS += [Path("/usr/share/java") / f"{name}.jar" for name in ("istack-commons-runtime", "txw2")]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for example in VALID:
        (folder / example.file).write_bytes(example.octets)
    return folder


@pytest.fixture
def written(tmp_path: Path) -> Path:
    folder = tmp_path / "written"
    folder.mkdir()
    return folder


def needs(*programs: str | Path) -> None:
    missing = [str(one) for one in programs if not (one.exists() if isinstance(one, Path) else shutil.which(one))]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def extensions(document: bytes) -> list[str]:
    """The elements of other namespaces, whoever declares the namespaces and wherever."""
    found = etree.fromstring(document).iterfind(f".//{{{NAMESPACE}}}ext/*")
    return [
        etree.canonicalize(etree.tostring(node, encoding=str, with_tail=False), rewrite_prefixes=True) for node in found
    ]


def assert_the_same_is_said(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == {example.file for example in VALID}
    for example in VALID:
        again = (written / example.file).read_bytes()
        assert decode(again, example.sender) == decode(example.octets, example.sender), example
        assert extensions(again) == extensions(example.octets), example


@pytest.mark.heavy
def test_xjc_makes_classes_that_say_the_same(tmp_path: Path, documents: Path, written: Path) -> None:
    needs("xjc", "javac", *JARS)
    classes = tmp_path / "classes"
    classes.mkdir()
    said = run(["xjc", "-no-header", "-d", tmp_path, "-p", "chat", XSD])
    assert [line for line in said.splitlines() if not line.endswith((".java", "schema..."))] == []
    path = os.pathsep.join(map(str, JARS))
    sources = list((tmp_path / "chat").iterdir())
    # The jars of Debian name others that are not there.
    run(["javac", "-Xlint:all,-path", "-Werror", "-cp", path, "-d", classes, HERE / "RoundTrip.java", *sources])
    run(["java", "-cp", f"{classes}{os.pathsep}{path}", "RoundTrip", documents, written])
    assert_the_same_is_said(written)


@pytest.mark.heavy
def test_system_xml_makes_classes_that_say_the_same(tmp_path: Path, documents: Path, written: Path) -> None:
    needs("mcs", "mono")
    generator, program, classes = tmp_path / "generate.exe", tmp_path / "round-trip.exe", tmp_path / "Chat.cs"
    references = "-r:System,System.Core,System.Xml"
    run(["mcs", "-warnaserror", references, f"-out:{generator}", HERE / "Generate.cs"])
    classes.write_text(run(["mono", generator, XSD]), encoding="utf-8")
    run(["mcs", "-warnaserror", references, f"-out:{program}", HERE / "RoundTrip.cs", classes])
    run(["mono", program, documents, written])
    assert_the_same_is_said(written)


@pytest.mark.heavy
def test_xsdata_makes_classes_that_say_the_same(tmp_path: Path, documents: Path, written: Path) -> None:
    if importlib.util.find_spec("xsdata") is None:
        pytest.skip("not installed: xsdata (pip install 'xsdata[cli]')")
    # It formats what it has made with ruff, which it finds only there.
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    python: list[str | Path] = [sys.executable, "-W", "error"]
    said = run([*python, "-m", "xsdata", "generate", "--ignore-patterns", "-p", "chat", XSD], tmp_path, environment)
    assert "arning" not in said
    run([*python, HERE / "round_trip.py", "chat", documents, written], tmp_path)
    assert_the_same_is_said(written)
