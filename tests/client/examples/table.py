"""The table in client/examples/README.md: what was measured for each language."""

from __future__ import annotations

import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from server.clock import SystemClock
from server.config import Config
from server.log import EventLog
from server.service import Service
from tests.cheap_server import CHEAP
from tests.client.examples.languages import EXAMPLES, LANGUAGES, Command, Language, Missing
from tests.client.examples.rows import ROWS, Found, Subject
from tests.conftest import LENIENT

README = EXAMPLES / "README.md"

_TABLE = re.compile(r"(?<=<!-- measured -->\n)(\|.*\n)+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found out about each language that this machine has, and what is missing for the others."""

    found: dict[str, dict[str, Found]]
    #: What has to be installed first.
    missing: dict[str, str]
    #: How each client is started, and where.
    commands: dict[str, tuple[Command, Path]]

    def columns(self) -> dict[str, dict[str, str]]:
        """The cells for each language."""
        return {
            language.name: {
                "folder": f"[{language.path.parent.name}]({language.path.parent.name})",
                "lines": str(len(language.path.read_text(encoding="utf-8").splitlines())),
                "validates with": language.validator,
                **{name: found.cell for name, found in self.found[language.name].items()},
            }
            for language in LANGUAGES
            if language.name in self.found
        }


def measure(folder: Path) -> Measured:
    """Tries the clients of all languages at once, each with a server of its own; `folder` is for what is built."""
    measured = Measured({}, {}, {})

    def one(language: Language) -> None:
        own = folder / language.path.parent.name
        own.mkdir()
        try:
            command = language.prepare(own)
        except Missing as missing:
            measured.missing[language.name] = str(missing)
        else:
            measured.commands[language.name] = (command, language.path.parent)
            measured.found[language.name] = _try(language, command, own / "data")

    with ThreadPoolExecutor(max_workers=len(LANGUAGES), thread_name_prefix="language") as pool:
        list(pool.map(one, LANGUAGES))
    return measured


def _try(language: Language, command: Command, data: Path) -> dict[str, Found]:
    """What is found out about one language."""
    config = Config(data=data, port=0, hashing=CHEAP, users_every=3600.0, **LENIENT)
    found: dict[str, Found] = {}
    with Service(config, EventLog("text", SystemClock())) as service:
        subject = Subject(language, command, service)
        for row in ROWS:
            try:
                found |= row(subject)
            except Exception as error:  # One row that fails leaves the others to be seen.
                found[row.__name__] = Found("failed", (f"{type(error).__name__}: {error}",))
    return found


def drawn(columns: dict[str, dict[str, str]]) -> str:
    """The table in Markdown, with a line for each thing that was tried."""
    rows = list(dict.fromkeys(row for column in columns.values() for row in column))
    lines = [["", *columns], ["---"] * (len(columns) + 1)]
    lines += [[row, *(column.get(row, "") for column in columns.values())] for row in rows]
    return "".join(f"| {' | '.join(cells)} |\n".replace("|  |", "| |") for cells in lines)


def read() -> dict[str, dict[str, str]]:
    """The columns of the table as it stands."""
    table = _TABLE.search(README.read_text(encoding="utf-8"))
    assert table is not None, "There is no table."
    head, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[0].splitlines()]
    return {name: {row[0]: row[place] for row in rows} for place, name in enumerate(head) if place}


def write() -> list[str]:
    """Measures everything and writes the table. Returns what was wrong, and then leaves the table alone."""
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder))
    wrong = [*measured.missing.values(), *(line for name in measured.found for line in complaints(measured, name))]
    if not wrong:
        text = README.read_text(encoding="utf-8")
        README.write_text(_TABLE.sub(lambda _: drawn(measured.columns()), text), encoding="utf-8")
    return wrong


def complaints(measured: Measured, language: str) -> list[str]:
    """What was wrong with one language."""
    rows = measured.found[language]
    return [f"{language}, {row}: {wrong}" for row, found in rows.items() for wrong in found.wrong]
