"""From a packet down to its TCP segment: the headers of the link, of IPv4 or IPv6, and of TCP."""

from __future__ import annotations

import struct
from collections.abc import Callable
from ipaddress import ip_address
from typing import NamedTuple

_IPV4, _IPV6 = 0x0800, 0x86DD
#: Tags of VLANs, which stand before the number of the protocol: 802.1Q, 802.1ad, and an older one.
_VLAN = (0x8100, 0x88A8, 0x9100)
_TCP = 6
#: Headers between IPv6's own and TCP's that say how long they are: hop-by-hop, routing, destination options.
_IPV6_OPTIONS = (0, 43, 60)
_FRAGMENT = 44

_tcp = struct.Struct(">HHIIBB").unpack_from
_short = struct.Struct(">H").unpack_from

#: An address and a port, as they stand in the headers.
End = tuple[bytes, int]


class Tcp(NamedTuple):
    """What the headers say. The payload begins at `start` in the packet; `length` octets of it were on the wire."""

    source: End
    target: End
    sequence: int
    acknowledged: int
    flags: int
    start: int
    length: int


def tcp_of(link: int, octets: bytes) -> Tcp | None:
    """The TCP segment in a packet; None where there is none, or too little of it was written down.

    Fragments of IP are not put together: what they carry counts as missing.
    """
    try:
        start = LINKS[link](octets)
        return None if start is None else _ip(octets, start)
    except (struct.error, IndexError):
        return None


def said(end: End) -> str:
    """As 127.0.0.1:7700 or [::1]:7700."""
    address = ip_address(end[0])
    return f"{address}:{end[1]}" if address.version == 4 else f"[{address}]:{end[1]}"


def _ip(octets: bytes, start: int) -> Tcp | None:
    version = octets[start] >> 4
    if version == 4:
        if octets[start + 9] != _TCP or _short(octets, start + 6)[0] & 0x3FFF:
            return None
        # 0 where the network card was given more than 64 KiB to cut up by itself.
        end = start + (_short(octets, start + 2)[0] or len(octets) - start)
        return _segment(octets, start + (octets[start] & 15) * 4, end, octets[start + 12 : start + 20], 4)
    if version == 6:
        following, inside = octets[start + 6], start + 40
        end = inside + (_short(octets, start + 4)[0] or len(octets) - inside)
        while following in _IPV6_OPTIONS:
            following, inside = octets[inside], inside + (octets[inside + 1] + 1) * 8
        if following == _FRAGMENT and not _short(octets, inside + 2)[0] & 0xFFF9:
            following, inside = octets[inside], inside + 8
        if following == _TCP:
            return _segment(octets, inside, end, octets[start + 8 : start + 40], 16)
    return None


def _segment(octets: bytes, start: int, end: int, addresses: bytes, size: int) -> Tcp:
    source, target, sequence, acknowledged, header, flags = _tcp(octets, start)
    inside = start + (header >> 4) * 4
    return Tcp(
        (addresses[:size], source),
        (addresses[size:], target),
        sequence,
        acknowledged,
        flags,
        inside,
        max(0, end - inside),
    )


def _ethernet(octets: bytes) -> int | None:
    return _protocol(octets, 12)


def _protocol(octets: bytes, place: int) -> int | None:
    """Where IP begins after the number of the protocol that stands at `place`."""
    (kind,) = _short(octets, place)
    while kind in _VLAN:
        place += 4
        (kind,) = _short(octets, place)
    return place + 2 if kind in (_IPV4, _IPV6) else None


def _null(octets: bytes) -> int | None:
    """BSD's loopback: the number of the address family in the byte order of the machine, which IP itself tells too."""
    return 4 if octets[4] >> 4 in (4, 6) else None


def _raw(_octets: bytes) -> int | None:
    return 0


def _cooked(octets: bytes) -> int | None:
    """Linux's `any` interface."""
    return _protocol(octets, 14)


def _cooked2(octets: bytes) -> int | None:
    """The same in its second form, where the number of the protocol stands first."""
    (kind,) = _short(octets, 0)
    start = 20
    while kind in _VLAN:
        (kind,) = _short(octets, start + 2)
        start += 4
    return start if kind in (_IPV4, _IPV6) else None


#: Each link layer that is understood: where IP begins in a packet; None for what is not IP.
LINKS: dict[int, Callable[[bytes], int | None]] = {
    0: _null,  # LINKTYPE_NULL
    1: _ethernet,  # LINKTYPE_ETHERNET
    12: _raw,  # LINKTYPE_RAW as some systems number it
    14: _raw,
    101: _raw,  # LINKTYPE_RAW
    108: _null,  # LINKTYPE_LOOP
    113: _cooked,  # LINKTYPE_LINUX_SLL
    228: _raw,  # LINKTYPE_IPV4
    229: _raw,  # LINKTYPE_IPV6
    276: _cooked2,  # LINKTYPE_LINUX_SLL2
}
