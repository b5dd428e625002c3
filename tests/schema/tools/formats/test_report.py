from __future__ import annotations

import pytest

from schema.tools.formats.report import Summary, counted
from schema.tools.judging.checker import Counts
from schema.tools.rules.table import Severity


@pytest.mark.parametrize(
    ("documents", "invalid", "severities", "said"),
    [
        (0, 0, [], "0 documents, 0 valid, 0 invalid"),
        (1, 0, [], "1 document, 1 valid, 0 invalid"),
        (1234, 1, [Severity.ERROR], "1,234 documents, 1,233 valid, 1 invalid, 1 error"),
        (2, 0, [Severity.NOTE, Severity.NOTE, Severity.WARNING], "2 documents, 2 valid, 0 invalid, 1 warning, 2 notes"),
    ],
)
def test_a_summary_in_words(documents: int, invalid: int, severities: list[Severity], said: str) -> None:
    counts = Counts(documents, invalid)
    counts.severities.update(severities)
    assert counted(Summary([], counts)) == said
