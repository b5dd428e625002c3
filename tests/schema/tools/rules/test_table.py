from __future__ import annotations

import re

import pytest

from schema.errors import CODES
from schema.tools.inputs.item import Document, Stream, Where
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import Documents
from schema.tools.rules.table import BY_NAME, RULES, Layer, Rule, chosen
from tests.schema.tools.traffic import talk

WITH_EXAMPLES = [rule for rule in RULES if rule.wrong and rule.layer is not Layer.CONVERSATION]

#: What a decoder or the table of states may refuse; the other codes are answers of a server to what is in order.
REFUSED = [*CODES][: [*CODES].index("invalid") + 1]


def broken(script: str) -> set[str]:
    """The rules that the documents of an example break, each judged by itself."""
    checker = Checker(Documents().judge, conversation=False)
    items = [Document(octets, Where(Stream("example", side))) for side, octets in talk(script)]
    return {finding.rule.id for finding in checker.findings(items)}


def test_ids_and_names_are_there_once_and_say_their_layer() -> None:
    assert len({rule.id for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)
    hundreds = {rule.layer: rule.id[2] for rule in RULES}
    assert all(rule.id[2] == hundreds[rule.layer] and re.fullmatch(r"XC[1-9]\d\d", rule.id) for rule in RULES)
    assert len(set(hundreds.values())) == len(Layer)


@pytest.mark.parametrize("code", REFUSED)
def test_every_refusal_has_its_rule(code: str) -> None:
    assert code in BY_NAME


@pytest.mark.parametrize("rule", WITH_EXAMPLES, ids=lambda rule: rule.name)
def test_the_examples_are_what_they_say(rule: Rule) -> None:
    assert broken(rule.wrong) == {rule.id}
    assert broken(rule.right) == set()


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("XC401", {"XC401"}),
        ("xc40", {"XC401"}),
        ("not-utf8", {"XC302"}),
        ("encoding", {"XC301", "XC302", "XC303", "XC304"}),
        ("restricted", {f"XC50{n}" for n in range(1, 8)}),
        ("well-formedness", {"XC401"}),
    ],
)
def test_rules_are_chosen_by_id_name_or_layer(word: str, found: set[str]) -> None:
    assert {rule.id for rule in chosen([word])} == found


@pytest.mark.parametrize("word", ["", "XC999", "nonsense", "X"])
def test_a_word_that_means_no_rule_is_not_passed_over(word: str) -> None:
    with pytest.raises(ValueError, match="no rule"):
        chosen([word])
