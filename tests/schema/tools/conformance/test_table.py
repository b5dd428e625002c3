from __future__ import annotations

import re
from pathlib import Path

import pytest

import schema
from schema.tools.conformance.check import Check, Step
from schema.tools.conformance.table import FOLDER, VERBS, BadTable, read, tables
from schema.tools.rules.table import chosen

PROTOCOL = Path(schema.__file__).with_name("PROTOCOL.md")
KITS = ("for_servers", "for_clients")
CHECKS = [check for kit in KITS for scenario in tables(kit) for check in scenario.checks]


def plain(text: str) -> str:
    return " ".join(text.split())


def test_every_check_quotes_the_protocol_word_for_word() -> None:
    # What the kits write is shown there too.
    protocol = plain(
        re.sub("^```console$.*?^```$", "", PROTOCOL.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    )
    assert [check.id for check in CHECKS if plain(check.quote) not in protocol] == []


def test_a_quote_says_something() -> None:
    assert [check.id for check in CHECKS if len(check.quote.split()) < 3] == []


def test_there_are_as_many_checks_as_were_promised() -> None:
    assert len(CHECKS) >= 150


@pytest.mark.parametrize("kit", KITS)
def test_every_check_has_a_name_of_its_own(kit: str) -> None:
    ids = [check.id for scenario in tables(kit) for check in scenario.checks]
    assert sorted(set(ids)) == sorted(ids)


def test_what_a_check_needs_and_judges_exists() -> None:
    needs = {need for check in CHECKS for need in check.needs}
    assert needs == {"admin", "tls", "second", "registration", "command"}
    for check in CHECKS:
        assert not check.judges or chosen(list(check.judges))


def test_every_verb_is_used() -> None:
    assert {step.verb for check in CHECKS for step in check.steps} == set(VERBS)


def test_tables_lie_where_they_are_looked_for() -> None:
    assert {path.parent.name for path in FOLDER.rglob("*.checks")} == set(KITS)


def test_a_table_is_read_into_scenarios() -> None:
    table = """
# A comment.
check first
  > A sentence,
  > on two lines.
  needs admin
  anna says <who/>
  anna hears in order:
    <users/>
    <bye/>
also second
  > Another.
  anna is hung up on
check third
  > What is judged.
  judges schema framing
"""
    together, alone = read(table, "subject")
    assert together.checks == (
        Check(
            "subject/first",
            "A sentence, on two lines.",
            (Step(7, "anna", "says", ("<who/>",)), Step(8, "anna", "hears in order", ("<users/>", "<bye/>"))),
            ("admin",),
        ),
        Check("subject/second", "Another.", (Step(13, "anna", "is hung up on"),)),
    )
    assert alone.checks == (Check("subject/third", "What is judged.", judges=("schema", "framing")),)


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ("check one\n  > Yes.\n  anna sings <song/>", "subject, line 3: anna sings <song/>"),
        ("  anna says <who/>", "subject, line 1"),
        ("check one\n  > Yes.\n  <who/>", "subject, line 3"),
        ("check one\n  anna says <who/>", "subject/one quotes nothing"),
        ("check one\n  > Yes.", "subject/one does nothing"),
        ("also one\n  > Yes.\n  anna catches up", "nothing before it"),
    ],
)
def test_a_line_that_means_nothing_is_refused(table: str, wrong: str) -> None:
    with pytest.raises(BadTable, match=re.escape(wrong)):
        list(read(table, "subject"))
