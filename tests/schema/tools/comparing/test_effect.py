from __future__ import annotations

import pytest

from schema.tools.comparing.effect import BOTH, NARROWED, SAME, UNKNOWN, WIDENED, Change, Degree, Effect


@pytest.mark.parametrize(
    ("part", "whole", "left"),
    [
        (BOTH, NARROWED, NARROWED),
        (BOTH, SAME, SAME),
        (NARROWED, WIDENED, SAME),
        (BOTH, UNKNOWN, UNKNOWN),
        (UNKNOWN, BOTH, UNKNOWN),
    ],
)
def test_a_part_does_no_more_than_the_whole(part: Effect, whole: Effect, left: Effect) -> None:
    assert part.within(whole) == left


def test_its_own_example_stays_with_it() -> None:
    assert Effect(Degree.YES, lost="'a'").within(BOTH).lost == "'a'"


@pytest.mark.parametrize(
    ("paths", "roots"), [(["/pm/text", "/dm/text", "/pm/@id"], ["pm", "dm"]), (["/pm"], ["pm"]), (["/"], [])]
)
def test_the_documents_that_a_change_is_about(paths: list[str], roots: list[str]) -> None:
    change = Change("something", SAME, paths=paths)
    assert (change.path, change.roots) == (paths[0], roots)
