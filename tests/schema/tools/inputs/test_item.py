from __future__ import annotations

import pytest

from schema.tools.inputs.item import Stream, Where


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (None, None),
        ("2026-03-01T09:00:00.000Z", "2026-03-01T09:00:00.000Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (1_770_000_000_123_456_789, "2026-02-02T02:40:00.123Z"),
    ],
)
def test_a_time_is_said_as_in_the_documents(time: str | int | None, said: str | None) -> None:
    assert Where(Stream("file"), time=time).utc == said
