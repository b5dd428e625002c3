from __future__ import annotations

import pytest

from schema.tools.command_line import main
from schema.tools.rules.table import RULES

Terminal = pytest.CaptureFixture[str]


def test_a_rule_is_told_with_its_examples(capsys: Terminal) -> None:
    assert main(["explain", "XC604"]) == 0
    assert capsys.readouterr().out == (
        "XC604 unknown-attribute (error, schema)\n\nThe element has no such attribute.\n\n"
        'Wrong:\n  C: <pm id="1" colour="red"><text/></pm>\n\nRight:\n  C: <pm id="1"><text>Hello</text></pm>\n'
    )


def test_without_a_rule_all_are_listed(capsys: Terminal) -> None:
    assert main(["explain"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [rule.id for rule in RULES]


def test_a_layer_stands_for_its_rules(capsys: Terminal) -> None:
    assert main(["explain", "encoding", "XC401"]) == 0
    said = capsys.readouterr().out
    assert [line[:5] for line in said.splitlines() if line.startswith("XC")] == [
        "XC301",
        "XC302",
        "XC303",
        "XC304",
        "XC401",
    ]


def test_a_rule_that_is_none_is_a_wrong_command_line(capsys: Terminal) -> None:
    assert main(["explain", "XC999"]) == 2
    assert "'XC999' is no rule" in capsys.readouterr().err
