"""Addresses and networks, as bans name them.

An IPv4 address inside an IPv6 one (`::ffff:192.0.2.7`, as a socket for both gives it) is that IPv4 address here.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Network = IPv4Network | IPv6Network

#: Octets before the IPv4 address in an IPv6 one that holds it, in bits (RFC 4291, section 2.5.5.2).
_MAPPED = 96


def read_network(said: str) -> Network:
    """The network of an address, or of one with the length of its prefix. Raises ValueError."""
    network = ip_network(said, strict=False)
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED and network.network_address.ipv4_mapped:
        return IPv4Network((network.network_address.ipv4_mapped, network.prefixlen - _MAPPED))
    return network


def read_host(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a socket gives; None where it is none that a ban can name."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def network_around(address: IPv4Address | IPv6Address, length: int) -> Network:
    """The network with a prefix of so many bits that an address is in."""
    return ip_network((address, length), strict=False)


def covers(network: Network, host: str) -> bool:
    """Whether an address that a socket gives is in the network."""
    address = read_host(host)
    return address is not None and address in network


def written(network: Network) -> str:
    """As documents have it: a single address without a prefix."""
    return str(network.network_address) if network.num_addresses == 1 else str(network)
