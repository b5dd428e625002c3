from __future__ import annotations

import pytest

from server.networks import covers, read_host, read_network, written


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/32", "192.0.2.7"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("2001:db8::1/48", "2001:db8::/48"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
        ("::/0", "::/0"),
    ],
)
def test_a_network_has_one_form_however_it_is_said(said: str, kept: str) -> None:
    assert written(read_network(said)) == kept
    assert read_network(kept) == read_network(said)


@pytest.mark.parametrize(
    "said",
    ["192.0.2", "192.0.2.256", "192.0.02.7", "192.0.2.7/33", "192.0.2.7/", "::1/129", ":::", "..", "12:34", "ab"],
)
def test_what_is_no_network_is_refused(said: str) -> None:
    with pytest.raises(ValueError):
        read_network(said)


@pytest.mark.parametrize(
    ("network", "host", "inside"),
    [
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("192.0.2.0/24", "::ffff:192.0.2.7", True),
        ("::/0", "::ffff:192.0.2.7", False),
        ("::/0", "192.0.2.7", False),
        ("2001:db8::/48", "2001:db8:0:ffff::1", True),
        ("fe80::/10", "fe80::1%eth0", True),
        ("0.0.0.0/0", "no address", False),
    ],
)
def test_a_network_covers_the_addresses_in_it(network: str, host: str, inside: bool) -> None:
    assert covers(read_network(network), host) is inside


def test_what_is_no_address_is_nobodys() -> None:
    assert read_host("") is None
