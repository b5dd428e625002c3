from __future__ import annotations

import pytest

from schema.tools.conformance.check import Check, Outcome, Result

CHECK = Check("framing/length-zero", "A sentence.")


@pytest.mark.parametrize(
    ("result", "fields"),
    [
        (Result(CHECK, Outcome.PASS), {"outcome": "pass"}),
        (Result(CHECK, Outcome.FAIL, "got nothing"), {"outcome": "fail", "detail": "got nothing"}),
        (Result(CHECK, Outcome.SKIP, "no --tls"), {"outcome": "skip", "detail": "no --tls"}),
    ],
)
def test_a_result_for_programs(result: Result, fields: dict[str, str]) -> None:
    assert result.as_fields() == {"check": "framing/length-zero", "quote": "A sentence.", **fields}
