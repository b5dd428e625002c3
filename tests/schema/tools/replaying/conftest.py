"""Scripts for the tests: who says what, on which connection, in the order of a capture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from schema.messages import Side
from schema.tools.inputs.item import Document, Ended, Fault, Item, Stream, Where
from schema.tools.replaying.script import Script, read_script
from tests.schema.tools.traffic import GREETING, document

_LINE = re.compile(r"(\d+) ([CS]): (.*)")
_SIDES = {"C": Side.CLIENT, "S": Side.SERVER}


def items(lines: str) -> Iterator[Item]:
    """`1 C: <…>` is a document of connection 1; `1 C: lost` a refused one that was not kept, `1 C: end` the end."""
    for frame, line in enumerate(filter(None, map(str.strip, lines.splitlines())), 1):
        found = _LINE.fullmatch(line)
        assert found is not None, line
        stream = Stream("capture", _SIDES[found[2]], int(found[1]))
        where = Where(stream, frame)
        if found[3] == "lost":
            yield Fault("never-a-document", "It was refused.", where)
        elif found[3] == "missing":
            yield Fault("missing-bytes", "Octets are missing.", Where(stream), lost=True)
        elif found[3] == "end":
            yield Ended(stream, closed=True)
        else:
            yield Document(found[3].encode() if found[3].endswith("*") else document(found[3]), where)


def script(lines: str) -> Script:
    return read_script(items(lines))


def greeting(connection: int) -> str:
    return f"{connection} {GREETING}"


def login(connection: int, name: str, *others: str) -> str:
    """A greeting, a login and its welcome."""
    users = "".join(f'<user name="{one}"/>' for one in (*others, name))
    return greeting(connection) + (
        f'{connection} C: <login id="1" name="{name}"/>\n'
        f'{connection} S: <welcome re="1" name="{name}" room="lobby" seq="0" place="0">{users}</welcome>\n'
    )
