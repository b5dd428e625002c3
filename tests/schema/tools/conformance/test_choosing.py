from __future__ import annotations

import pytest

from schema.tools.conformance.check import Check, Outcome, Result, Scenario
from schema.tools.conformance.choosing import choose, chosen, listed

ONE, TWO, THREE = (Check(id, f"About {id}.") for id in ("a/one", "a/two", "b/three"))
SCENARIOS = (Scenario((ONE, TWO)), Scenario((THREE,)))


@pytest.mark.parametrize(
    ("only", "made", "told"),
    [
        ([], SCENARIOS, [ONE, TWO, THREE]),
        (["b"], SCENARIOS[1:], [THREE]),
        (["a/two"], SCENARIOS[:1], [TWO]),
        (["*/t*"], SCENARIOS, [TWO, THREE]),
    ],
)
def test_what_is_asked_for_is_made_with_what_comes_before_it(
    only: list[str], made: tuple[Scenario, ...], told: list[Check]
) -> None:
    assert choose(SCENARIOS, only) == made
    results = [Result(check, Outcome.PASS) for scenario in made for check in scenario.checks]
    assert [result.check for result in chosen(results, only)] == told


def test_a_word_that_means_no_check_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no check 'c'"):
        choose(SCENARIOS, ["a", "c"])


def test_the_list_has_the_sentences() -> None:
    assert next(listed(SCENARIOS)) == "a/one\n    > About a/one."
