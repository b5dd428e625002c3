"""A witness, and what it says of a conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from schema.framing import frame
from schema.messages import Side
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import Documents
from schema.tools.tapping.backlog import Closed, Happening, Octets, Opened
from schema.tools.tapping.witness import Seen, Shown, Witness
from tests.schema.tools.traffic import Said

#: 2026-03-01T09:00:00Z.
TIME = 1_772_355_600_000_000_000

See = Callable[[Iterable[Happening]], list[Shown]]


@pytest.fixture
def witness() -> Witness:
    return Witness(Checker(Documents().judge), "-")


@pytest.fixture
def see(witness: Witness) -> See:
    return lambda happenings: [shown for happening in happenings for shown in witness.take(happening)]


def opened(connection: int = 1) -> Opened:
    return Opened(connection, "127.0.0.1:51544", "127.0.0.1:7700", TIME)


def closed(connection: int = 1, *, seen: bool = True) -> Closed:
    return Closed(connection, seen, TIME)


def on_the_wire(said: Iterable[Said], connection: int = 1, size: int = 1 << 20) -> Iterator[Happening]:
    """A connection from its beginning, each frame in pieces of `size` octets."""
    yield opened(connection)
    for sender, document in said:
        octets = frame(document)
        for start in range(0, len(octets), size):
            yield Octets(connection, sender, octets[start : start + size], TIME)


def raw(sender: Side, octets: bytes, connection: int = 1) -> Octets:
    return Octets(connection, sender, octets, TIME)


def rules(shown: Iterable[Shown]) -> list[str]:
    """The names of the rules of all findings."""
    return [finding.rule.name for one in shown for finding in getattr(one, "findings", ())]


def seen(shown: Iterable[Shown]) -> list[Seen]:
    return [one for one in shown if isinstance(one, Seen)]
