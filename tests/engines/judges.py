"""Who judges: each engine takes a folder of documents in one process and says of each whether it is valid."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from schema.codec import decode
from schema.errors import Refusal
from schema.validity import XSD

_HERE = Path(__file__).parent

#: Seconds. The slowest takes four.
_PATIENCE = 120

#: The document's name → whether it is valid.
Verdicts = dict[str, bool]


@dataclass(frozen=True, slots=True)
class Engine:
    """`programs` are what it needs beside Python."""

    name: str
    judge: Callable[[Path, Path], Verdicts]
    programs: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        return [program for program in self.programs if shutil.which(program) is None]

    def __str__(self) -> str:
        return self.name


def _ours(folder: Path, _scratch: Path) -> Verdicts:
    """The decoder as a whole; in these documents it has nothing to refuse but what the schema refuses."""
    found = {}
    for path in folder.iterdir():
        try:
            decode(path.read_bytes())
            found[path.name] = True
        except Refusal:
            found[path.name] = False
    return found


def _libxml2(folder: Path, _scratch: Path) -> Verdicts:
    schema = etree.XMLSchema(etree.parse(XSD))
    return {path.name: schema.validate(etree.parse(path)) for path in folder.iterdir()}


def _xmlschema(folder: Path, _scratch: Path) -> Verdicts:
    # Imported here: this file is read also where no test of it runs.
    import xmlschema

    schema = xmlschema.XMLSchema(XSD)
    return {path.name: schema.is_valid(path) for path in folder.iterdir()}


def _xmllint(folder: Path, _scratch: Path) -> Verdicts:
    names = sorted(path.name for path in folder.iterdir())
    done = subprocess.run(
        ["xmllint", "--noout", "--schema", XSD, *names], cwd=folder, capture_output=True, text=True, timeout=_PATIENCE
    )
    lines = re.findall(r"^(\S+) (validates|fails to validate)$", done.stderr, re.MULTILINE)
    return {name: verdict == "validates" for name, verdict in lines}


def _xerces(folder: Path, _scratch: Path) -> Verdicts:
    return _verdicts(["java", _HERE / "Judge.java", XSD, folder])


def _dotnet(folder: Path, scratch: Path) -> Verdicts:
    program = scratch / "judge.exe"
    run(["mcs", "-warnaserror", "-r:System.Xml", f"-out:{program}", _HERE / "Judge.cs"])
    return _verdicts(["mono", program, XSD, folder])


def _verdicts(command: list[str | Path]) -> Verdicts:
    lines = [line.split() for line in run(command).splitlines()]
    return {name: verdict == "valid" for name, verdict in lines}


def run(command: list[str | Path], cwd: Path | None = None, environment: dict[str, str] | None = None) -> str:
    """What it writes, both ways. Raises AssertionError with that where it does not end with 0."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_PATIENCE,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


ENGINES = (
    Engine("the decoder", _ours),
    Engine("libxml2 of lxml", _libxml2),
    Engine("libxml2 of xmllint", _xmllint, ("xmllint",)),
    Engine("xmlschema", _xmlschema),
    Engine("Xerces", _xerces, ("javac",)),
    Engine("System.Xml", _dotnet, ("mcs", "mono")),
)
