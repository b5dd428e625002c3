from __future__ import annotations

import pytest

from schema.endpoint import endpoint, is_loopback


@pytest.mark.parametrize(
    ("host", "written"),
    [("127.0.0.1", "127.0.0.1:7700"), ("chat.example", "chat.example:7700"), ("::1", "[::1]:7700")],
)
def test_an_address_with_colons_stands_in_brackets(host: str, written: str) -> None:
    assert endpoint(host, 7700) == written


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_what_stays_on_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "localhost", ""]
)
def test_what_does_not_or_is_no_address(address: str) -> None:
    assert not is_loopback(address)
