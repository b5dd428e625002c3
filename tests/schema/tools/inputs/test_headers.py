from __future__ import annotations

import struct

import dpkt  # type: ignore[import-untyped]
import pytest

from schema.tools.inputs.headers import LINKS, said, tcp_of
from tests.schema.tools.traffic import Sent, ethernet, ipv4, ipv6

SENT = Sent(0, 4_000_000_000, 7, 0x18, b"payload")
PACKETS = {"IPv4": ipv4(SENT), "IPv6": ipv6(SENT)}


def kind_of(packet: bytes) -> bytes:
    return struct.pack(">H", 0x0800 if packet[0] >> 4 == 4 else 0x86DD)


def wrapped(link: int, packet: bytes) -> bytes:
    """The packet behind the header of this link layer."""
    family = 2 if packet[0] >> 4 == 4 else 10
    match link:
        case 0:
            return struct.pack("<I", family) + packet
        case 108:
            return struct.pack(">I", family) + packet
        case 1:
            return ethernet(packet)
        case 113:
            return b"\0" * 14 + kind_of(packet) + packet
        case 276:
            return kind_of(packet) + b"\0" * 18 + packet
        case _:
            return packet


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("packet", PACKETS.values(), ids=PACKETS)
def test_a_segment_is_found_behind_every_header(link: int, packet: bytes) -> None:
    octets = wrapped(link, packet)
    tcp = tcp_of(link, octets)
    assert tcp is not None
    assert (tcp.source[1], tcp.target[1]) == (51544, 7700)
    assert (tcp.sequence, tcp.acknowledged, tcp.flags) == (SENT.sequence, SENT.acknowledged, SENT.flags)
    assert octets[tcp.start :][: tcp.length] == b"payload"


@pytest.mark.parametrize("tags", [b"\x81\x00\x00\x05", b"\x88\xa8\x00\x05\x81\x00\x00\x06"])
@pytest.mark.parametrize("packet", PACKETS.values(), ids=PACKETS)
def test_tags_of_vlans_are_passed_over(tags: bytes, packet: bytes) -> None:
    plain = ethernet(packet)
    assert tcp_of(1, plain[:12] + tags + plain[12:]) is not None
    cooked = tags[:2] + b"\0" * 18 + tags[2:] + kind_of(packet) + packet
    assert tcp_of(276, cooked) is not None


def test_what_fills_a_short_ethernet_frame_is_not_taken_for_payload() -> None:
    tcp = tcp_of(1, ethernet(PACKETS["IPv4"]) + b"\0" * 20)
    assert tcp is not None
    assert tcp.length == len(b"payload")


def test_options_of_ip_are_passed_over() -> None:
    packet = PACKETS["IPv4"]
    longer = bytes([0x46]) + packet[1:2] + struct.pack(">H", len(packet) + 4) + packet[4:20] + b"\1" * 4 + packet[20:]
    tcp = tcp_of(101, longer)
    assert tcp is not None
    assert longer[tcp.start :] == b"payload"
    six = PACKETS["IPv6"]
    hop = bytes([6, 0]) + b"\0" * 6
    longer = six[:4] + struct.pack(">H", len(six) - 40 + 8) + b"\0" + six[7:40] + hop + six[40:]
    tcp = tcp_of(101, longer)
    assert tcp is not None
    assert longer[tcp.start :] == b"payload"


def test_a_packet_larger_than_ip_can_say_goes_by_what_was_captured() -> None:
    packet = PACKETS["IPv4"]
    tcp = tcp_of(101, packet[:2] + b"\0\0" + packet[4:])
    assert tcp is not None
    assert tcp.length == len(b"payload")


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0" * 12,
        ethernet(PACKETS["IPv4"])[:40],
        b"\0" * 12 + b"\x08\x06" + b"\0" * 28,
        ethernet(bytes(dpkt.ip.IP(src=b"\0" * 4, dst=b"\0" * 4, p=17, data=dpkt.udp.UDP(sport=1, dport=7700)))),
        ethernet(PACKETS["IPv4"][:6] + b"\x20\x00" + PACKETS["IPv4"][8:]),
    ],
    ids=["nothing", "too short", "cut off", "ARP", "UDP", "a fragment"],
)
def test_what_is_no_whole_segment_of_tcp_is_none(octets: bytes) -> None:
    assert tcp_of(1, octets) is None


@pytest.mark.parametrize(("address", "text"), [(b"\x0a\0\0\1", "10.0.0.1:7700"), (b"\0" * 15 + b"\1", "[::1]:7700")])
def test_an_end_in_words(address: bytes, text: str) -> None:
    assert said((address, 7700)) == text
