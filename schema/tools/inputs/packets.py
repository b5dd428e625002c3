"""Packets out of capture files: pcap in both byte orders and both units of time, and pcapng.

Read by hand: python-pcapng takes 19 µs for a packet, most of what may be spent on a whole message, and dpkt 8 with
its headers (schema/tools/inputs/headers.py). Both judge this in the tests.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from schema.tools.inputs.item import Unreadable

#: The first four octets of a pcap file: byte order, and nanoseconds for each unit of a packet's fraction of a second.
_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
MAGICS = (*_PCAP, _PCAPNG)

#: Octets of a packet or a block. tcpdump writes up to 256 KiB of a packet; what is far more is a broken length.
_MAX_PACKET = 1024 * 1024
_MAX_BLOCK = 16 * 1024 * 1024

_SECTION, _INTERFACE, _SIMPLE, _ENHANCED, _OLD_PACKET = 0x0A0D0D0A, 1, 3, 6, 2
_RESOLUTION = 9
_SECONDS_OFFSET = 14


class Packet(NamedTuple):
    """`number` counts from 1; `time` is in nanoseconds since 1970; `offset` is where `octets` stand in the file.

    `link` is the number of the link layer's header (LINKTYPE_…).
    """

    number: int
    time: int
    link: int
    octets: bytes
    offset: int


class CutShort(Exception):
    """The file ends in the middle of a packet, or goes on with something else, at this octet."""

    def __init__(self, sentence: str, offset: int) -> None:
        super().__init__(sentence)
        self.offset = offset


def read_packets(file: BinaryIO, start: bytes) -> Iterator[Packet]:
    """`start` is the first four octets, read already. Raises Unreadable and CutShort."""
    return _pcapng(file) if start == _PCAPNG else _pcap(file, *_PCAP[start])


def _pcap(file: BinaryIO, order: str, unit: int) -> Iterator[Packet]:
    head = file.read(20)
    if len(head) < 20:
        raise Unreadable("the pcap file ends within its header")
    # The upper bits say whether a checksum of the link layer follows each packet.
    link = struct.unpack_from(order + "I", head, 16)[0] & 0x0FFFFFFF
    record = struct.Struct(order + "IIII")
    read, unpack, size = file.read, record.unpack, record.size
    offset = 24
    number = 0
    while head := read(size):
        if len(head) < size:
            raise CutShort("The file ends in the middle of the header of a packet.", offset)
        seconds, fraction, length, _ = unpack(head)
        if length > _MAX_PACKET:
            raise CutShort(f"A packet of {length:,} octets cannot be: the file is broken here.", offset)
        octets = read(length)
        if len(octets) < length:
            raise CutShort("The file ends in the middle of a packet.", offset)
        number += 1
        offset += size
        yield Packet(number, seconds * 1_000_000_000 + fraction * unit, link, octets, offset)
        offset += length


@dataclass(frozen=True, slots=True)
class _Interface:
    link: int
    snap: int
    #: Units of time in a second, and seconds to add.
    units: int = 1_000_000
    seconds: int = 0

    def time(self, ticks: int) -> int:
        if self.units == 1_000_000_000:
            return ticks + self.seconds * 1_000_000_000
        return ticks * 1_000_000_000 // self.units + self.seconds * 1_000_000_000


def _pcapng(file: BinaryIO) -> Iterator[Packet]:
    order = "<"
    offset = -4
    number = 0
    interfaces: list[_Interface] = []
    # The first block's type was read already.
    kind_octets = _PCAPNG
    offset = 0
    while kind_octets:
        length_octets = file.read(4)
        if len(kind_octets) < 4 or len(length_octets) < 4:
            raise CutShort("The file ends in the middle of the header of a block.", offset)
        if kind_octets == _PCAPNG:
            mark = file.read(4)
            order = ">" if mark == b"\x1a\x2b\x3c\x4d" else "<"
            interfaces = []
        kind = struct.unpack(order + "I", kind_octets)[0]
        (length,) = struct.unpack(order + "I", length_octets)
        done = 12 if kind == _SECTION else 8
        if length % 4 or not done + 4 <= length <= _MAX_BLOCK:
            raise CutShort(f"A block of {length:,} octets cannot be: the file is broken here.", offset)
        body = file.read(length - done)
        if len(body) < length - done:
            raise CutShort("The file ends in the middle of a block.", offset)
        if kind == _ENHANCED:
            which, high, low, held, _ = struct.unpack_from(order + "IIIII", body)
            if which >= len(interfaces) or held > len(body) - 24:
                raise CutShort("A packet's block is broken.", offset)
            number += 1
            interface = interfaces[which]
            yield Packet(number, interface.time(high << 32 | low), interface.link, body[20 : 20 + held], offset + 28)
        elif kind == _INTERFACE:
            interfaces.append(_interface(body, order))
        elif kind == _SIMPLE and interfaces:
            (original,) = struct.unpack_from(order + "I", body)
            held = min(original, interfaces[0].snap or original, len(body) - 8)
            number += 1
            yield Packet(number, 0, interfaces[0].link, body[4 : 4 + held], offset + 12)
        elif kind == _OLD_PACKET:
            which, _, high, low, held, _ = struct.unpack_from(order + "HHIIII", body)
            if which >= len(interfaces) or held > len(body) - 24:
                raise CutShort("A packet's block is broken.", offset)
            number += 1
            interface = interfaces[which]
            yield Packet(number, interface.time(high << 32 | low), interface.link, body[20 : 20 + held], offset + 28)
        offset += length
        kind_octets = file.read(4)


def _interface(body: bytes, order: str) -> _Interface:
    link, _, snap = struct.unpack_from(order + "HHI", body)
    units, seconds = 1_000_000, 0
    place = 8
    while place + 4 <= len(body) - 4:
        code, length = struct.unpack_from(order + "HH", body, place)
        value = body[place + 4 : place + 4 + length]
        if code == 0:
            break
        if code == _RESOLUTION and value:
            units = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
        elif code == _SECONDS_OFFSET and len(value) == 8:
            (seconds,) = struct.unpack(order + "q", value)
        place += 4 + (length + 3) // 4 * 4
    return _Interface(link, snap, units, seconds)
