"""A short run of the fuzzer, the same each time; and the proof that it can find what it looks for."""

from __future__ import annotations

import re
import subprocess
import sys
from random import Random

import pytest
from lxml import etree

import client.safe
import schema.codec
import schema.parsing
import schema.validity
from schema.errors import Refusal
from schema.framing import FrameReader
from schema.messages import Side
from tests.conftest import ROOT
from tests.examples import said
from tests.fuzz import judge
from tests.fuzz.grammar import BY_SIDE, document
from tests.fuzz.mutations import HARMS
from tests.fuzz.runs import DOCUMENTS, STREAMS, run

ROUND = DOCUMENTS + STREAMS


@pytest.mark.parametrize(
    "seed", [1_000_000, *(pytest.param(seed, marks=pytest.mark.heavy) for seed in (2_000_000, 3_000_000, 4_000_000))]
)
def test_the_invariant_holds(seed: int) -> None:
    tally = run(seed, 150 * ROUND)
    assert tally.executions == 150 * ROUND
    assert not tally.findings, "\n".join(map(str, tally.findings[:3]))


@pytest.mark.parametrize("sender", Side)
def test_what_is_made_from_the_schemais_valid_and_of_every_kind(sender: Side) -> None:
    kinds = set()
    for seed in range(1_000):
        octets = document(Random(seed), sender)
        got = said(octets, sender)
        assert not isinstance(got, Refusal), (octets, got)
        kinds.add(got.element)
    assert kinds == set(BY_SIDE[sender])


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_every_harm_changes_something_and_stands_short_and_empty_documents(harm: object) -> None:
    assert callable(harm)
    whole = document(Random(1), Side.CLIENT)
    assert any(harm(whole, Random(seed)) != whole for seed in range(20))
    for octets in (b"", b"<", b"<a/>", b"\xff"):
        for seed in range(20):
            assert isinstance(harm(octets, Random(seed)), bytes)


def test_a_seed_makes_the_same_again() -> None:
    one, other = run(7, ROUND * 3), run(7, ROUND * 3)
    assert one.outcomes == other.outcomes


def _no_schema(octets: bytes, root: etree._Element, *, many: bool) -> None:
    pass


def _no_restrictions(root: etree._Element) -> None:
    pass


def _crash(*_: object) -> None:
    raise ValueError("a mistake of ours")


#: What is broken by hand, and what the fuzzer says of it.
MISTAKES = {
    "the schema is not asked": (schema.codec, "check_valid", _no_schema, "accepted|KeyError|ValueError|TypeError"),
    "comments are let through": (schema.codec, "check_tree", _no_restrictions, "with a comment"),
    "the guard fails": (schema.codec, "check_declarations", _crash, "a mistake of ours"),
    "everything is invalid": (schema.validity, "is_valid", lambda _: False, "called invalid|Unsendable"),
    "texts are shown as they are": (client.safe, "_safe", lambda text, _: text, "this is shown"),
    "nothing is forgotten": (schema.parsing, "forget", lambda: None, "names are kept"),
    "skipped octets are read": (FrameReader, "_skip", lambda _, octets: octets, "split"),
}


@pytest.mark.parametrize(("where", "name", "wrong", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_found(
    where: object, name: str, wrong: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, wrong)
    monkeypatch.setattr(schema.codec, "forget", schema.parsing.forget)
    monkeypatch.setattr(judge, "MOST_NAMES", 500)
    findings = (finding for seed in range(1, 101, 10) for finding in run(seed, 10 * ROUND).findings)
    assert any(re.search(said, finding.what) for finding in findings)


def test_the_command_says_what_it_did() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--seed", "1", "--executions", str(3 * ROUND), "--jobs", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{3 * ROUND} executions in" in done.stdout
    assert "0 findings" in done.stdout
