"""A file of packets, as tcpdump, tshark and Wireshark write it, turned into items, one connection by the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from schema.limits import MAX_SERVER_DOCUMENT
from schema.tools.inputs.connection import Connection, Speech
from schema.tools.inputs.framed import Counter
from schema.tools.inputs.headers import LINKS, End, tcp_of
from schema.tools.inputs.item import Fault, Item, Items, Stream, Unreadable, Where
from schema.tools.inputs.packets import CutShort, Packet, read_packets
from schema.tools.inputs.reassembly import ACK, FIN, RST, SYN, Segment

#: Connections that are followed at once. Above that those go that have been silent longest, so that a capture of
#: months, with connections whose end was lost, takes no more memory than one of a minute.
MAX_OPEN = 10_000

#: Ends of connections that are remembered, so that a straggling packet is not taken for a connection of its own.
_MAX_REMEMBERED = 4096


def read_packet_capture(
    name: str, file: BinaryIO, start: bytes, port: int | None, limit: int = MAX_SERVER_DOCUMENT
) -> Items:
    """`start` is the first four octets, read already. `port` is that of the server; None takes all that look like ours.

    Raises Unreadable.
    """
    table = _Table(name, port, limit)
    whole = Stream(name)
    unknown_link: int | None = None
    last = 0
    try:
        for packet in read_packets(file, start):
            last = packet.number
            if packet.link not in LINKS:
                unknown_link = packet.link
                continue
            yield from table.feed(packet)
    except CutShort as cut:
        yield Fault("capture-ends", str(cut), Where(whole, offset=cut.offset, packet=last + 1), lost=True)
    yield from table.end()
    if unknown_link is not None:
        if not table.opened:
            raise Unreadable(f"link layer {unknown_link} is not understood (see www.tcpdump.org/linktypes.html)")
        yield Fault("foreign", f"Packets of the link layer {unknown_link} were passed over.", Where(whole))
    if table.foreign:
        yield Fault(
            "foreign",
            f"{table.foreign:,} {'connection speaks' if table.foreign == 1 else 'connections speak'} something else"
            " and took no part; --port says which is ours.",
            Where(whole),
        )


class _Table:
    def __init__(self, file: str, port: int | None, limit: int) -> None:
        self._file, self._port, self._limit = file, port, limit
        self._numbers = Counter()
        #: Both directions of each connection, and which of them it is.
        self._open: dict[tuple[End, End], tuple[Connection, int]] = {}
        self._over: set[tuple[End, End]] = set()
        self._over_order: deque[tuple[End, End]] = deque()
        self.opened = 0
        self.foreign = 0

    def feed(self, packet: Packet) -> Iterator[Item]:
        tcp = tcp_of(packet.link, packet.octets)
        if tcp is None:
            return
        source, target, sequence, acknowledged, flags, start, length = tcp
        if self._port is not None and self._port not in (source[1], target[1]):
            return
        found = self._open.get((source, target))
        octets = packet.octets[start : start + length]
        if found is None:
            if not self._begins(source, target, flags, length):
                return
            found = self._add(source, target)
            yield from self._make_room()
        connection, direction = found
        segment = Segment(
            direction, sequence, acknowledged, flags, octets, length, packet.number, packet.time, packet.offset + start
        )
        if flags & SYN:
            if connection.begins_anew(segment):
                yield from self._finish(connection, closed=False)
                connection, direction = self._add(source, target)
                segment = segment._replace(direction=direction)
            connection.opened_by = 1 - direction if flags & ACK else direction
        connection.last_packet = packet.number
        if connection.speech is Speech.FOREIGN or connection.speech is Speech.ENCRYPTED:
            if flags & (FIN | RST):
                yield from self._finish(connection, closed=True)
            return
        yield from connection.feed(segment)
        if connection.finished:
            yield from self._finish(connection, closed=True)

    def end(self) -> Iterator[Item]:
        for connection in dict.fromkeys(connection for connection, _ in self._open.values()):
            yield from self._finish(connection, closed=False)

    def _begins(self, source: End, target: End, flags: int, length: int) -> bool:
        """Whether a packet that belongs to no connection is the first of one, and not a straggler."""
        if flags & SYN:
            return True
        return length > 0 and not flags & RST and (source, target) not in self._over

    def _add(self, source: End, target: End) -> tuple[Connection, int]:
        self.opened += 1
        connection = Connection(self._file, self.opened, (source, target), self._numbers, self._limit, self._port)
        self._open[source, target] = connection, 0
        self._open[target, source] = connection, 1
        return connection, 0

    def _make_room(self) -> Iterator[Item]:
        if len(self._open) <= 2 * MAX_OPEN:
            return
        silent = sorted({one for one, _ in self._open.values()}, key=lambda one: one.last_packet)
        for connection in silent[: MAX_OPEN // 10]:
            yield from self._finish(connection, closed=False)

    def _finish(self, connection: Connection, *, closed: bool) -> Iterator[Item]:
        source, target = connection.ends
        for key in ((source, target), (target, source)):
            self._open.pop(key, None)
            if key not in self._over:
                self._over.add(key)
                self._over_order.append(key)
        while len(self._over_order) > _MAX_REMEMBERED:
            self._over.discard(self._over_order.popleft())
        yield from connection.end(closed=closed)
        self.foreign += connection.speech is Speech.FOREIGN
