"""The languages: what each needs on this machine, and how its client is built and started."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

EXAMPLES = ROOT / "client" / "examples"
SCHEMA = ROOT / "schema" / "chat.xsd"

#: Seconds for a compiler, or for npm to get a package.
_BUILDING = 60.0

Command = list[str]


class Missing(Exception):
    """Something is not installed; `str()` says what."""


@dataclass(frozen=True, slots=True)
class Language:
    """`build` makes the client of a source in a folder, and returns how to start it."""

    name: str
    source: str
    #: What checks documents against the XSD.
    validator: str
    #: A command that succeeds where everything needed is installed, and what to install where it does not.
    probe: str
    install: str
    build: Callable[[Path, Path], Command]
    #: How its README says to start it, where that is not what `build` returns.
    as_told: Command | None = None

    @property
    def path(self) -> Path:
        return EXAMPLES / self.source

    def prepare(self, folder: Path) -> Command:
        """Builds the client in a folder outside the checkout. Raises Missing."""
        probe = subprocess.run(["/bin/sh", "-c", self.probe], capture_output=True, check=False)
        if probe.returncode != 0:
            raise Missing(f"{self.name} needs {self.install}")
        return self.build(self.path, folder)


def _run(command: Command, folder: Path) -> None:
    subprocess.run(command, cwd=folder, timeout=_BUILDING, check=True)


def _java(source: Path, folder: Path) -> Command:
    """Compiled once, since `java Chat.java` compiles at each start; with what lets a short program start quickly."""
    _run(["javac", "-d", str(folder), str(source)], folder)
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", str(folder), "Chat"]


def _node(source: Path, folder: Path) -> Command:
    for name in ("package.json", "package-lock.json", source.name):
        shutil.copy(source.with_name(name), folder)
    try:
        _run(["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--silent"], folder)
    except subprocess.CalledProcessError:
        raise Missing("JavaScript needs what npm ci gets, and npm could not get it.") from None
    return ["node", str(folder / source.name)]


def _c(source: Path, folder: Path) -> Command:
    # A newer libxml2 may call something old that is well here.
    strict = "-Wall -Wextra -Werror -Wno-deprecated-declarations"
    _run(["/bin/sh", "-c", f"cc {strict} -o chat {source} $(xml2-config --cflags --libs) -pthread"], folder)
    return [str(folder / "chat")]


LANGUAGES = (
    Language(
        "Java",
        "java/Chat.java",
        "Xerces, in the JDK",
        "command -v java && javac --version | grep -E 'javac (1[7-9]|[2-9][0-9])'",
        "a JDK of 17 or newer (Debian: apt install default-jdk-headless)",
        _java,
        as_told=["java", "Chat.java"],
    ),
    Language(
        "JavaScript",
        "node/chat.js",
        "libxml2, as WebAssembly",
        "command -v npm && node --version | grep -E 'v(1[89]|[2-9][0-9])'",
        "Node.js 18 or newer and npm (Debian: apt install nodejs npm)",
        _node,
    ),
    Language(
        "C",
        "c/chat.c",
        "libxml2",
        "command -v cc && xml2-config --version",
        "a C compiler and libxml2 (Debian: apt install gcc libc6-dev libxml2-dev)",
        _c,
    ),
    Language(
        "Perl",
        "perl/chat.pl",
        "libxml2, by XML::LibXML",
        "perl -MXML::LibXML -e 1",
        "Perl and XML::LibXML (Debian: apt install libxml-libxml-perl)",
        lambda source, folder: ["perl", str(source)],
    ),
    Language(
        "bash",
        "bash/chat.sh",
        "libxml2, by xmllint",
        "command -v bash && command -v xmllint && command -v flock && command -v timeout",
        "bash, xmllint, flock and GNU coreutils (Debian: apt install libxml2-utils)",
        lambda source, folder: ["bash", str(source)],
    ),
)
