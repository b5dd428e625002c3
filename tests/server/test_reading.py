from __future__ import annotations

import pytest

from schema.messages import Pong
from server.reading import read_ping, read_up_to


@pytest.mark.parametrize("seq", [0, 1, 137, 10**17])
def test_the_pong_to_its_ping_says_what_was_read(seq: int) -> None:
    assert read_up_to(Pong(re=read_ping(seq).id)) == seq


@pytest.mark.parametrize(
    "re", ["server-1", "read-", "read-x", "read--1", "read-1.5", "137", "read-read-1", "reads-1", "read-" + "9" * 19]
)
def test_a_pong_to_anything_else_says_nothing(re: str) -> None:
    assert read_up_to(Pong(re=re)) is None
