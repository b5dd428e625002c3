from __future__ import annotations

import pytest

from schema.messages import Side
from schema.tools.inputs.item import Document, Ended, Item, Stream, Where
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import Documents
from schema.tools.rules.table import RULES, Layer, Rule
from tests.schema.tools.traffic import talk

RULES_OF_CONVERSATION = [rule for rule in RULES if rule.layer is Layer.CONVERSATION]


def broken(script: str) -> set[str]:
    streams = {side: Stream("example", side, 1) for side in Side}
    items: list[Item] = [Document(octets, Where(streams[side], n)) for n, (side, octets) in enumerate(talk(script), 1)]
    return {
        finding.rule.name
        for finding in Checker(Documents().judge).findings([*items, Ended(streams[Side.CLIENT], True)])
    }


@pytest.mark.parametrize("rule", RULES_OF_CONVERSATION, ids=lambda rule: rule.name)
def test_the_wrong_example_breaks_this_rule_alone_and_the_right_one_none(rule: Rule) -> None:
    assert broken(rule.wrong) == {rule.name}
    assert broken(rule.right) == set()
