"""Makes captures for the tests: a conversation, as segments of TCP, as packets, and as files of every kind."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import dpkt  # type: ignore[import-untyped]

from schema.capture import MAGIC, Kind, Record, write_record
from schema.framing import frame
from schema.messages import NAMESPACE, Side
from schema.tools.inputs.reassembly import ACK, FIN, SYN, Segment

TIME = "2026-03-01T09:00:00.000Z"
CLIENT_PORT, SERVER_PORT = 51544, 7700

Said = tuple[Side, bytes]


def document(text: str) -> bytes:
    """As it stands in an example, with the namespace."""
    return re.sub(r"<(\w[\w:]*)", rf'<\1 xmlns="{NAMESPACE}"', text, count=1).encode()


def talk(script: str) -> list[Said]:
    """`C: <…>` and `S: <…>`, a line each."""
    sides = {"C": Side.CLIENT, "S": Side.SERVER}
    return [(sides[line[0]], document(line[3:])) for line in script.splitlines() if line.strip()]


GREETING = f'S: <greeting server="x" version="1" time="{TIME}"><protocol major="1" minor="0"/></greeting>\n'
LOGIN = (
    'C: <login id="1" name="alice"><password>********</password></login>\n'
    'S: <welcome re="1" name="alice" room="lobby" seq="0" place="0"><user name="alice"/></welcome>\n'
)
LEAVING = 'C: <ex id="9"/>\nS: <bye re="9" code="logout" reconnect="false"><text>Bye.</text></bye>\n'


def chat(messages: int = 3) -> list[Said]:
    """A conversation without fault: alice says something, and hears it."""
    said = "".join(
        f'C: <pm id="m{n}"><text>Message number {n}</text></pm>\n'
        f'S: <ok re="m{n}" seq="{n}" time="{TIME}"/>\n'
        f'S: <broadcast seq="{n}" room="lobby" from="alice" time="{TIME}"><text>Message number {n}</text></broadcast>\n'
        for n in range(1, messages + 1)
    )
    return talk(GREETING + LOGIN + said + LEAVING)


def framed(said: Iterable[Said], side: Side | None = None) -> bytes:
    return b"".join(frame(octets) for sender, octets in said if side is None or sender is side)


def recorded(said: Iterable[Said], connection: int = 1) -> bytes:
    """As the server's --capture writes it."""
    records = (write_record(Record(TIME, connection, side, Kind.DOCUMENT, octets)) for side, octets in said)
    return MAGIC + b"".join(records)


@dataclass(frozen=True, slots=True)
class Sent:
    """A segment of TCP on its way. Direction 0 is the client's."""

    direction: int
    sequence: int
    acknowledged: int
    flags: int
    octets: bytes = b""

    def segment(self, packet: int) -> Segment:
        return Segment(
            self.direction,
            self.sequence,
            self.acknowledged,
            self.flags,
            self.octets,
            len(self.octets),
            packet,
            packet,
            0,
        )


def segments(said: Iterable[Said], *, size: int = 1400, first: tuple[int, int] = (1000, 5000)) -> list[Sent]:
    """The whole connection: opened, each document in as many segments as it needs, and closed by both."""
    following = list(first)

    def send(direction: int, flags: int, octets: bytes = b"") -> Sent:
        sent = Sent(direction, following[direction], following[1 - direction], flags, octets)
        following[direction] = (following[direction] + len(octets) + bool(flags & (SYN | FIN))) % 2**32
        return sent

    opening = replace(send(0, SYN), acknowledged=0)
    found = [opening, send(1, SYN | ACK), send(0, ACK)]
    for side, octets in said:
        stream = frame(octets)
        found += [
            send(int(side is Side.SERVER), ACK, stream[start : start + size]) for start in range(0, len(stream), size)
        ]
    return [*found, send(1, FIN | ACK), send(0, FIN | ACK), send(1, ACK)]


Wrap = Callable[[bytes], bytes]


def ipv4(sent: Sent, ends: tuple[bytes, bytes] = (b"\x7f\0\0\1", b"\x7f\0\0\1"), port: int = CLIENT_PORT) -> bytes:
    source, target = ends if sent.direction == 0 else ends[::-1]
    tcp = _tcp(sent, port)
    # len and sum are dpkt's to fill in.
    return bytes(dpkt.ip.IP(src=source, dst=target, p=6, len=20 + len(tcp), data=tcp))


def ipv6(sent: Sent) -> bytes:
    tcp = _tcp(sent, CLIENT_PORT)
    loopback = b"\0" * 15 + b"\1"
    return bytes(dpkt.ip6.IP6(src=loopback, dst=loopback, nxt=6, hlim=64, plen=len(tcp), data=tcp))


def _tcp(sent: Sent, port: int) -> dpkt.tcp.TCP:
    ports = (port, SERVER_PORT) if sent.direction == 0 else (SERVER_PORT, port)
    return dpkt.tcp.TCP(
        sport=ports[0], dport=ports[1], seq=sent.sequence, ack=sent.acknowledged, flags=sent.flags, data=sent.octets
    )


def ethernet(packet: bytes) -> bytes:
    kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    return b"\0" * 12 + struct.pack(">H", kind) + packet


def pcap(packets: Iterable[bytes], *, link: int = 1, snap: int = 262_144) -> bytes:
    """A file as tcpdump writes it; packets are cut at `snap`. One comes each millisecond."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snap, link)]
    for number, packet in enumerate(packets):
        seconds, rest = divmod(number, 1000)
        parts += [struct.pack("<IIII", 1_770_000_000 + seconds, rest * 1000, min(snap, len(packet)), len(packet))]
        parts += [packet[:snap]]
    return b"".join(parts)


def captured(sent: Iterable[Sent]) -> bytes:
    """These segments over Ethernet and IPv4, as tcpdump would have written them."""
    return pcap(ethernet(ipv4(one)) for one in sent)


def endless(messages: int, each: int = 50_000) -> Iterator[Said]:
    """One long conversation, in pieces that need no memory."""
    yield from talk(GREETING + LOGIN)
    for start in range(1, messages + 1, each):
        for n in range(start, min(start + each, messages + 1)):
            text = b"Message number %d, which says no more than that" % n
            yield Side.CLIENT, b'<pm xmlns="urn:xmlchat:1" id="m%d"><text>%b</text></pm>' % (n, text)
            yield Side.SERVER, b'<ok xmlns="urn:xmlchat:1" re="m%d" seq="%d" time="%b"/>' % (n, n, TIME.encode())
            yield (
                Side.SERVER,
                b'<broadcast xmlns="urn:xmlchat:1" seq="%d" room="lobby" from="alice"' % n
                + b' time="%b"><text>%b</text></broadcast>' % (TIME.encode(), text),
            )
