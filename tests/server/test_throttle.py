from __future__ import annotations

import pytest

from server import throttle as module
from server.throttle import Throttle
from tests.conftest import MakeConfig
from tests.server.fake_clock import FakeClock

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"

#: No limits but the one that a test is about.
UNLIMITED = {"address_failures": 0, "account_failures": 0}


@pytest.fixture
def throttle(config: MakeConfig, clock: FakeClock) -> Throttle:
    return Throttle(config(free_failures=3, longest_wait=60.0, **UNLIMITED), clock)


def fail(throttle: Throttle, times: int, name: str = "anna", address: str = HERE) -> list[float]:
    return [throttle.failed(name, address) for _ in range(times)]


def test_the_first_failures_cost_nothing_and_then_each_costs_twice_as_much(
    throttle: Throttle, clock: FakeClock
) -> None:
    waits = []
    for _ in range(11):
        assert throttle.failed("anna", HERE) == 0
        waits.append(throttle.wait("anna", HERE))
        clock.forward(waits[-1])
        assert throttle.wait("anna", HERE) == 0
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_what_comes_during_a_wait_neither_counts_nor_may_be_told(throttle: Throttle, clock: FakeClock) -> None:
    """Of many guesses at the same moment only the first are answered, the right one included."""
    assert fail(throttle, 5) == [0, 0, 0, 1, 1]
    assert throttle.succeeded("anna", HERE) == 1
    clock.forward(1)
    assert fail(throttle, 2) == [0, 2]


def test_who_gets_in_starts_anew(throttle: Throttle, clock: FakeClock) -> None:
    fail(throttle, 3)
    clock.forward(1)
    assert throttle.succeeded("anna", HERE) == 0
    assert fail(throttle, 3) == [0, 0, 0]


def test_failures_are_forgiven_with_time_one_by_one(throttle: Throttle, clock: FakeClock) -> None:
    fail(throttle, 3)
    clock.forward(300)
    assert fail(throttle, 2) == [0, 1]
    clock.forward(3 * 300)
    assert fail(throttle, 4) == [0, 0, 0, 1]


def test_even_after_a_week_of_guessing_the_wait_is_no_longer_and_soon_forgiven(
    throttle: Throttle, clock: FakeClock
) -> None:
    for _ in range(10_000):
        throttle.failed("anna", HERE)
        clock.forward(60)
    assert throttle.wait("anna", HERE) == 0
    clock.forward(3600)
    assert fail(throttle, 3) == [0, 0, 0]


def test_failures_of_one_account_or_address_do_not_count_for_another(throttle: Throttle) -> None:
    fail(throttle, 3)
    assert throttle.wait("ben", HERE) == throttle.wait("anna", ELSEWHERE) == 0


def test_one_address_may_fail_so_often_whatever_the_names(config: MakeConfig, clock: FakeClock) -> None:
    throttle = Throttle(config(address_failures=6, account_failures=0), clock)
    assert [throttle.failed(f"user-{number}", HERE) for number in range(8)] == [0] * 6 + [10, 10]
    assert throttle.wait("zoe", HERE) == 10
    assert throttle.wait("zoe", ELSEWHERE) == 0
    clock.forward(10)
    assert [throttle.failed(name, HERE) for name in ("zoe", "yve")] == [0, 10]


def test_one_account_may_be_guessed_at_so_often_from_wherever(config: MakeConfig, clock: FakeClock) -> None:
    throttle = Throttle(config(address_failures=0, account_failures=4), clock)
    assert [throttle.failed("anna", f"192.0.2.{number}") for number in range(6)] == [0] * 4 + [900, 900]
    assert throttle.wait("ben", HERE) == 0


def test_whoever_hammers_on_a_name_does_not_keep_its_owner_out(config: MakeConfig, clock: FakeClock) -> None:
    """Where the owner has been before: neither from elsewhere, nor on other names from the same address."""
    throttle = Throttle(config(), clock)
    throttle.succeeded("anna", HERE)
    for number in range(1000):
        throttle.failed("anna", f"198.51.{number // 200}.{number % 200}")
        throttle.failed(f"user-{number}", HERE)
    assert throttle.wait("anna", ELSEWHERE) > 0
    assert throttle.wait("ben", HERE) > 0
    assert throttle.wait("anna", HERE) == 0
    assert fail(throttle, 6) == [0, 0, 0, 0, 0, 1]
    clock.forward(1)
    assert throttle.succeeded("anna", HERE) == 0


def test_an_account_has_no_more_than_a_few_addresses_of_its_own(config: MakeConfig, clock: FakeClock) -> None:
    throttle = Throttle(config(address_failures=0, account_failures=1), clock)
    homes = [f"192.0.2.{number}" for number in range(10)]
    for home in homes:
        throttle.succeeded("anna", home)
    throttle.succeeded("anna", homes[2])
    throttle.failed("anna", "198.51.100.1")
    assert [throttle.wait("anna", home) == 0 for home in homes] == [False, False, *[True] * 8]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("nonsense", "more nonsense", False),
    ],
)
def test_what_counts_as_one_address(throttle: Throttle, one: str, other: str, same: bool) -> None:
    fail(throttle, 3, address=one)
    assert (throttle.wait("anna", other) > 0) is same


def test_one_address_may_make_so_many_accounts(config: MakeConfig, clock: FakeClock) -> None:
    throttle = Throttle(config(address_accounts=3), clock)
    assert [throttle.take_account(HERE) for _ in range(5)] == [0, 0, 0, 200, 200]
    assert throttle.take_account(ELSEWHERE) == 0
    throttle.give_back_account(HERE)
    assert [throttle.take_account(HERE) for _ in range(2)] == [0, 200]
    clock.forward(600)
    assert [throttle.take_account(HERE) for _ in range(4)] == [0, 0, 0, 200]


def test_logging_in_costs_nothing_however_often(config: MakeConfig, clock: FakeClock) -> None:
    throttle = Throttle(config(address_failures=1, account_failures=1), clock)
    assert {throttle.succeeded(f"user-{number % 50}", HERE) for number in range(5_000)} == {0}
    assert throttle.wait("anna", HERE) == 0


@pytest.mark.parametrize("off", [{"address_failures": 0}, {"account_failures": 0}, {"longest_wait": 0}])
def test_each_limit_can_be_turned_off(config: MakeConfig, clock: FakeClock, off: dict[str, float]) -> None:
    none = {"address_failures": 0, "account_failures": 0, "longest_wait": 0, "address_accounts": 0}
    assert set(fail(Throttle(config(**none), clock), 1000)) == {0}
    limits = {"address_failures": 5, "account_failures": 5, "longest_wait": 60, **off}
    assert set(fail(Throttle(config(**limits), clock), 10)) != {0}
    assert {Throttle(config(**none), clock).take_account(HERE) for _ in range(1000)} == {0}


def test_new_limits_hold_for_those_who_are_counted_from_now_on(
    throttle: Throttle, config: MakeConfig, clock: FakeClock
) -> None:
    throttle.reconfigure(config(address_failures=1))
    assert fail(throttle, 2) == [0, 60]


def test_a_flood_of_names_and_addresses_takes_bounded_memory(
    config: MakeConfig, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REMEMBERED", 100)
    throttle = Throttle(config(free_failures=1, address_accounts=5), clock)
    for number in range(1000):
        throttle.failed(f"user-{number}", f"2001:db8:0:{number:x}::1")
        throttle.succeeded(f"friend-{number}", f"2001:db8:1:{number:x}::1")
        throttle.take_account(f"2001:db8:1:{number:x}::1")
    remembered = (throttle._pairs, throttle._addresses, throttle._accounts, throttle._makers, throttle._known)
    assert [len(one) for one in remembered] == [100] * 5
    # The last are there, the first are forgotten.
    assert throttle.wait("user-999", "2001:db8:0:3e7::1") > 0
    assert throttle.wait("user-1", "2001:db8:0:1::1") == 0


def test_who_goes_on_failing_is_not_forgotten_in_a_flood(
    config: MakeConfig, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REMEMBERED", 100)
    throttle = Throttle(config(free_failures=3, **UNLIMITED), clock)
    fail(throttle, 3)
    for number in range(1000):
        throttle.failed(f"user-{number}", ELSEWHERE)
        if number % 90 == 0:
            assert throttle.wait("anna", HERE) == 1
