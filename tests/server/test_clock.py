from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from schema.codec import encode
from schema.messages import Ok
from server.clock import SystemClock


def test_the_time_is_utc_to_the_millisecond_as_the_documents_write_it() -> None:
    before, said, after = datetime.now(UTC), SystemClock().utc(), datetime.now(UTC)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said)
    # The server cuts what is below a millisecond off.
    assert before.replace(microsecond=before.microsecond // 1000 * 1000) <= datetime.fromisoformat(said) <= after


@pytest.mark.parametrize("ago", [0.0, 0.25, 1.0, 59.999, 86_400.0 * 400])
def test_a_time_ago_is_that_much_earlier_and_each_second_is_written_anew(ago: float) -> None:
    clock = SystemClock()
    clock.utc()
    before, said, after = datetime.now(UTC), datetime.fromisoformat(clock.utc(ago)), datetime.now(UTC)
    passed, a_millisecond = timedelta(seconds=ago), timedelta(milliseconds=1)
    assert before - passed - a_millisecond <= said <= after - passed + a_millisecond


def test_the_schema_takes_it() -> None:
    assert encode(Ok(re="1", seq=1, time=SystemClock().utc()))


def test_the_time_for_waiting_does_not_go_back() -> None:
    clock = SystemClock()
    times = [clock.monotonic() for _ in range(100)]
    assert times == sorted(times)
