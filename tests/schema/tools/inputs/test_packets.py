from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Callable

import dpkt  # type: ignore[import-untyped]
import pcapng  # type: ignore[import-untyped]
import pytest
from pcapng import blocks

from schema.tools.inputs.item import Unreadable
from schema.tools.inputs.packets import MAGICS, CutShort, Packet, read_packets
from tests.schema.tools.traffic import chat, ethernet, ipv4, pcap, segments

PACKETS = [ethernet(ipv4(one)) for one in segments(chat())]
START = 1_770_000_000


def read(octets: bytes) -> list[Packet]:
    file = io.BytesIO(octets)
    return list(read_packets(file, file.read(4)))


def by_dpkt(order: str, *, nano: bool) -> bytes:
    """A pcap file written by dpkt, or with the other byte order, which dpkt does not write."""
    if order == "<":
        file = io.BytesIO()
        writer = dpkt.pcap.Writer(file, linktype=1, nano=nano)
        for number, packet in enumerate(PACKETS):
            writer.writepkt(packet, ts=START + number)
        return file.getvalue()
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    head = struct.pack(">IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
    return head + b"".join(
        struct.pack(">IIII", START + number, 0, len(packet), len(packet)) + packet
        for number, packet in enumerate(PACKETS)
    )


def by_python_pcapng(endianness: str) -> bytes:
    file = io.BytesIO()
    section = blocks.SectionHeader(endianness=endianness)
    section.new_member(blocks.InterfaceDescription, link_type=1)
    writer = pcapng.FileWriter(file, section)
    for number, packet in enumerate(PACKETS):
        microseconds = (START + number) * 1_000_000
        block = section.new_member(blocks.EnhancedPacket, packet_data=packet, packet_len=len(packet))
        block.timestamp_high, block.timestamp_low = microseconds >> 32, microseconds & 0xFFFFFFFF
        writer.write_block(block)
    return file.getvalue()


@pytest.mark.parametrize(
    "written",
    [
        lambda: by_dpkt("<", nano=False),
        lambda: by_dpkt("<", nano=True),
        lambda: by_dpkt(">", nano=False),
        lambda: by_dpkt(">", nano=True),
        lambda: by_python_pcapng("<"),
        lambda: by_python_pcapng(">"),
    ],
    ids=["pcap", "pcap of nanoseconds", "pcap of a big-endian machine", "both", "pcapng", "big-endian pcapng"],
)
def test_what_others_write_is_read(written: Callable[[], bytes]) -> None:
    octets = written()
    found = read(octets)
    assert [packet.octets for packet in found] == PACKETS
    assert [packet.number for packet in found] == list(range(1, len(PACKETS) + 1))
    assert [packet.time for packet in found] == [(START + n) * 1_000_000_000 for n in range(len(PACKETS))]
    assert {packet.link for packet in found} == {1}
    assert all(octets[packet.offset :].startswith(packet.octets) for packet in found)


def test_dpkt_reads_the_same_of_our_own_files() -> None:
    octets = pcap(PACKETS)
    theirs = [packet for _, packet in dpkt.pcap.Reader(io.BytesIO(octets))]
    assert [packet.octets for packet in read(octets)] == theirs


def simple_packets() -> bytes:
    file = io.BytesIO()
    section = blocks.SectionHeader(endianness="<")
    section.new_member(blocks.InterfaceDescription, link_type=1, snaplen=65535)
    writer = pcapng.FileWriter(file, section)
    for packet in PACKETS:
        writer.write_block(section.new_member(blocks.SimplePacket, packet_data=packet, packet_len=len(packet)))
    return file.getvalue()


def test_packets_without_a_time_are_read_too() -> None:
    assert [packet.octets for packet in read(simple_packets())] == PACKETS


@pytest.mark.parametrize("written", [lambda: by_dpkt("<", nano=False), lambda: by_python_pcapng("<")])
def test_a_file_that_is_cut_anywhere_gives_what_is_whole(written: Callable[[], bytes]) -> None:
    octets = written()
    whole = read(octets)
    for end in range(whole[0].offset, len(octets), 41):
        file = io.BytesIO(octets[:end])
        found: list[Packet] = []
        with contextlib.suppress(CutShort):
            found.extend(read_packets(file, file.read(4)))
        assert found == [packet for packet in whole if packet.offset + len(packet.octets) <= end][: len(found)]
        assert len(found) >= sum(packet.offset + len(packet.octets) + 8 <= end for packet in whole)


@pytest.mark.parametrize("length", [2**31, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_not_believed(length: int) -> None:
    octets = bytearray(pcap(PACKETS))
    octets[32:36] = struct.pack("<I", length)
    with pytest.raises(CutShort, match="the file is broken here"):
        read(bytes(octets))


@pytest.mark.parametrize("magic", MAGICS[:-1])
def test_a_file_that_ends_in_its_header_is_unreadable(magic: bytes) -> None:
    with pytest.raises(Unreadable):
        read(magic + b"\0" * 5)


def with_options(*options: tuple[int, bytes]) -> bytes:
    """One packet at tick 3,000,000,000 of an interface with these options."""
    told = b"".join(
        struct.pack("<HH", code, len(value)) + value.ljust(-(-len(value) // 4) * 4, b"\0") for code, value in options
    )
    blocks_of = [
        (0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)),
        (1, struct.pack("<HHI", 1, 0, 0) + told + struct.pack("<HH", 0, 0)),
        (6, struct.pack("<IIIII", 0, 0, 3_000_000_000, 4, 4) + b"abcd"),
    ]
    return b"".join(
        struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body)) for kind, body in blocks_of
    )


@pytest.mark.parametrize(
    ("options", "nanoseconds"),
    [
        ([], 3_000_000_000_000),
        ([(9, b"\x09")], 3_000_000_000),
        ([(9, b"\x83")], 375_000_000_000_000_000),
        ([(2, b"lo"), (9, b"\x06"), (14, struct.pack("<q", 10))], 3_010_000_000_000),
    ],
)
def test_the_unit_and_the_beginning_of_time_are_the_interfaces(
    options: list[tuple[int, bytes]], nanoseconds: int
) -> None:
    [packet] = read(with_options(*options))
    assert (packet.time, packet.octets) == (nanoseconds, b"abcd")
