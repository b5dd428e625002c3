from __future__ import annotations

import pytest

from server.addresses import Addresses
from tests.conftest import MakeConfig
from tests.server.fake_clock import FakeClock


@pytest.fixture
def limits(config: MakeConfig, clock: FakeClock) -> Addresses:
    chosen = config(connections=3, address_connections=2, address_rate=2.0, address_burst=4)
    return Addresses(chosen, clock)


def test_one_address_may_have_so_many_connections(limits: Addresses) -> None:
    assert [limits.enter("a") for _ in range(2)] == [None, None]
    assert limits.enter("a") == "There are 2 connections from your address, which is the limit."
    assert limits.enter("b") is None
    limits.leave("a")
    assert limits.enter("a") is None


def test_all_addresses_together_may_have_so_many(limits: Addresses) -> None:
    assert [limits.enter(address) for address in "abc"] == [None, None, None]
    assert limits.enter("d") == "The server has 3 connections, which is all it takes."
    limits.leave("b")
    assert limits.enter("d") is None


def test_what_was_turned_away_is_not_counted(limits: Addresses) -> None:
    for _ in range(10):
        limits.enter("a")
    for _ in range(2):
        limits.leave("a")
    assert [limits.enter(address) for address in "bcd"] == [None, None, None]


def test_an_address_may_send_so_much_over_all_its_connections(limits: Addresses, clock: FakeClock) -> None:
    for address in ("a", "a", "b"):
        limits.enter(address)
    assert [limits.take("a") for _ in range(4)] == [0, 0, 0, 0]
    assert limits.take("a") == pytest.approx(0.5)
    # What one sends is not counted against another.
    assert limits.take("b") == 0
    clock.forward(0.5)
    assert limits.take("a") == 0
    assert limits.take("a") > 0


def test_an_address_is_forgotten_with_its_last_connection(limits: Addresses) -> None:
    for _ in range(2):
        limits.enter("a")
    while limits.take("a") == 0:
        pass
    limits.leave("a")
    assert limits.take("a") > 0
    limits.leave("a")
    assert limits.take("a") == 0
    limits.enter("a")
    assert limits.take("a") == 0
    assert len(limits._open) == len(limits._buckets) == 1


def test_without_a_rate_nobody_waits(config: MakeConfig, clock: FakeClock) -> None:
    limits = Addresses(config(address_rate=0.0), clock)
    limits.enter("a")
    assert {limits.take("a") for _ in range(1000)} == {0}


def test_new_limits_hold_at_once_for_connections_and_later_for_the_rate(
    limits: Addresses, config: MakeConfig, clock: FakeClock
) -> None:
    limits.enter("a")
    limits.reconfigure(config(connections=2, address_rate=1.0, address_burst=1))
    assert limits.enter("b") is None
    assert limits.enter("c") is not None
    assert [limits.take("a") for _ in range(4)] == [0, 0, 0, 0]
    assert limits.take("b") == 0
    assert limits.take("b") == pytest.approx(1)
