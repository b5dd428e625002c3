from __future__ import annotations

import pytest

from schema.messages import MESSAGES, Side
from schema.tools.comparing.effect import BOTH, NARROWED, SAME, UNKNOWN, WIDENED, Change, Degree, Effect
from schema.tools.comparing.parties import Directions, Party, verdicts
from tests.schema.tools.comparing.versions import ours, schema

CLIENT, SERVER = frozenset({Side.CLIENT}), frozenset({Side.SERVER})
OURS = ours()


def broken(effect: Effect, senders: frozenset[Side], *, added: bool = False, minor: bool = False) -> list[Party]:
    found = verdicts(Change("x", effect, added, ["/x"]), senders, minor=minor)
    return [party for party, verdict in found.items() if verdict.degree]


@pytest.mark.parametrize(
    ("effect", "senders", "parties"),
    [
        # A new server may send it, and an old client refuses it.
        (WIDENED, SERVER, [Party.CLIENT]),
        (WIDENED, CLIENT, [Party.SERVER]),
        # An old client still sends it, and a new server refuses it.
        (NARROWED, CLIENT, [Party.CLIENT, Party.CAPTURES]),
        (NARROWED, SERVER, [Party.SERVER, Party.CAPTURES]),
        (WIDENED, CLIENT | SERVER, [Party.CLIENT, Party.SERVER]),
        (BOTH, CLIENT, [Party.CLIENT, Party.SERVER, Party.CAPTURES]),
        (UNKNOWN, SERVER, [Party.CLIENT, Party.SERVER, Party.CAPTURES]),
        (SAME, CLIENT | SERVER, []),
    ],
)
def test_who_is_broken(effect: Effect, senders: frozenset[Side], parties: list[Party]) -> None:
    assert broken(effect, senders) == parties


def test_the_worst_is_told_with_its_example() -> None:
    effect = Effect(Degree.YES, Degree.MAYBE, lost="'a'")
    found = verdicts(Change("x", effect, paths=["/x"]), CLIENT | SERVER)
    assert found[Party.CLIENT] == (Degree.YES, "it can send what is now refused", "'a'")
    assert found[Party.CAPTURES] == (Degree.YES, "they can hold what is now refused", "'a'")


def test_what_breaks_in_two_ways_is_told_twice() -> None:
    reason = verdicts(Change("x", BOTH, paths=["/x"]), CLIENT | SERVER)[Party.SERVER].reason
    assert reason == "it can send what a new client refuses, and it can be sent what its schema refuses"


@pytest.mark.parametrize(
    ("effect", "senders", "party", "reason"),
    [
        (SAME, CLIENT, Party.CLIENT, "the same documents are valid"),
        (WIDENED, CLIENT, Party.CLIENT, "what it sends is still accepted"),
        (WIDENED, CLIENT, Party.CAPTURES, "all that was valid still is"),
        (NARROWED, SERVER, Party.CLIENT, "it is sent nothing new"),
    ],
)
def test_why_somebody_is_spared(effect: Effect, senders: frozenset[Side], party: Party, reason: str) -> None:
    assert verdicts(Change("x", effect, paths=["/x"]), senders)[party] == (Degree.NO, reason, None)


@pytest.mark.parametrize(
    ("effect", "added", "parties"),
    [
        (WIDENED, True, []),
        # Longer texts are nothing that a server could hold back.
        (WIDENED, False, [Party.CLIENT]),
        (BOTH, True, [Party.CLIENT, Party.SERVER, Party.CAPTURES]),
    ],
)
def test_in_a_minor_version_what_is_added_breaks_nobody(effect: Effect, added: bool, parties: list[Party]) -> None:
    assert broken(effect, SERVER, added=added, minor=True) == parties


def test_who_sends_what_is_known_of_our_schema() -> None:
    directions = Directions(OURS, OURS)
    assert {name: directions.senders(name) for name in MESSAGES} == {
        name: message.senders for name, message in MESSAGES.items()
    }
    assert directions.of(["pm", "ok"]) == directions.of([]) == CLIENT | SERVER


def test_in_our_schema_a_command_is_known_by_its_id() -> None:
    """As every command of this version is, so that it holds for the next."""
    names = [
        name for name, one in OURS.elements.items() if "id" in one.attributes and one.attributes["id"].use == "required"
    ]
    assert {name for name in names if name != "ping"} == {
        name for name, message in MESSAGES.items() if message.senders == CLIENT
    }


def test_of_another_schema_nothing_is_known() -> None:
    other = schema('<xs:element name="pm" type="xs:string"/>')
    assert Directions(other, other).senders("pm") == CLIENT | SERVER
    assert Directions(OURS, other).senders("pm") == CLIENT | SERVER
