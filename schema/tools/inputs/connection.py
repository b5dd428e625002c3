"""One TCP connection of a packet capture, turned into items: whose it is, who is the server, and what was said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from schema.messages import MESSAGES, Side
from schema.tools.inputs.framed import Counter, Cutter, plausible
from schema.tools.inputs.headers import End, said
from schema.tools.inputs.item import Ended, Fault, Item, Stream, Where
from schema.tools.inputs.reassembly import Event, Kind, Reassembly, Segment

#: Our ports: plain, and inside TLS.
PORT, TLS_PORT = 7700, 7743

#: Octets of a connection that are looked at to find out whether it is one of ours.
_MAX_UNDECIDED = 32 * 1024

_TLS = re.compile(rb"[\x14-\x17]\x03[\0-\x04]")
_ROOT = re.compile(rb"\0...<(?:[\w.-]+:)?([a-z]+)[\s/>]", re.DOTALL)


class Speech(Enum):
    UNKNOWN = "unknown"
    OURS = "ours"
    FOREIGN = "foreign"
    ENCRYPTED = "encrypted"


class Connection:
    """`ends` are those of its directions: what the first of them sends is direction 0."""

    def __init__(
        self, file: str, number: int, ends: tuple[End, End], numbers: Counter, limit: int, port: int | None
    ) -> None:
        self.speech = Speech.UNKNOWN
        #: The number of the last packet, to know which connections have fallen silent.
        self.last_packet = 0
        #: Which direction opened the connection, where that was seen.
        self.opened_by: int | None = None
        self.ends = ends
        self._reassembly = Reassembly()
        self._file, self._number, self._numbers, self._limit, self._port = file, number, numbers, limit, port
        self._undecided: list[Event] = []
        self._undecided_octets = 0
        self._streams: tuple[Stream, ...] = ()
        self._cutters: tuple[Cutter, ...] = ()

    @property
    def finished(self) -> bool:
        return self._reassembly.finished

    def begins_anew(self, segment: Segment) -> bool:
        return self._reassembly.begins_anew(segment)

    def feed(self, segment: Segment) -> Iterator[Item]:
        events = self._reassembly.feed(segment)
        if not events:
            return
        if self.speech is Speech.OURS:
            for event in events:
                if event.kind is Kind.OCTETS:
                    at = event.segment
                    yield from self._cutters[event.direction].feed(event.octets, at.offset, at.packet, at.time)
                else:
                    yield from self._happened(event)
            return
        for event in events:
            yield from self._take(event)

    def end(self, *, closed: bool) -> Iterator[Item]:
        """The connection has ended, or the capture has."""
        for event in self._reassembly.end():
            yield from self._take(event)
        if self.speech is Speech.UNKNOWN and self._undecided:
            yield from self._decide(last=True)
        if self.speech is not Speech.OURS:
            return
        for direction, (stream, cutter) in enumerate(zip(self._streams, self._cutters, strict=True)):
            missing = self._reassembly.missing_at_end(direction)
            if missing:
                yield Fault(
                    "missing-bytes",
                    f"{missing:,} octets at the end were acknowledged, and are not in the capture.",
                    Where(stream, position=cutter.position),
                    lost=True,
                )
            elif cutter.partial and closed:
                yield from cutter.end()
            elif cutter.partial:
                yield Fault(
                    "capture-ends",
                    "The capture ends in the middle of a frame.",
                    Where(stream, position=cutter.position),
                )
        yield Ended(self._streams[0], closed)

    def _take(self, event: Event) -> Iterator[Item]:
        if self.speech is Speech.UNKNOWN:
            self._undecided.append(event)
            self._undecided_octets += len(event.octets)
            yield from self._decide(last=self._undecided_octets > _MAX_UNDECIDED)
        elif self.speech is Speech.OURS:
            yield from self._happened(event)

    def _decide(self, *, last: bool) -> Iterator[Item]:
        """Whether this is a conversation of ours, from the first octets of each side; with `last` it is decided now."""
        begun = [b"", b""]
        for event in self._undecided:
            begun[event.direction] += event.octets
        self.speech = self._judge(begun, last=last)
        if self.speech is Speech.UNKNOWN:
            return
        events, self._undecided = self._undecided, []
        if self.speech is Speech.ENCRYPTED:
            self._name_streams(begun)
            first = next(event.segment for event in events if event.octets)
            yield Fault(
                "encrypted",
                "The connection is encrypted with TLS. Record it with the server's --capture, which sees it in clear.",
                Where(self._streams[0], None, first.offset, 0, first.packet, first.time),
            )
        if self.speech is not Speech.OURS:
            return
        self._name_streams(begun)
        if not all(stream.begun for stream, octets in zip(self._streams, begun, strict=True) if octets):
            first = events[0].segment
            yield Fault(
                "begins-midway",
                "The capture begins in the middle of this connection; what was said before is not known.",
                Where(self._streams[0], None, first.offset, 0, first.packet, first.time),
                lost=True,
            )
        for event in events:
            yield from self._happened(event)

    def _judge(self, begun: list[bytes], *, last: bool) -> Speech:
        ports = {end[1] for end in self.ends}
        expected = self._port is not None or bool(ports & {PORT, TLS_PORT})
        if any(_TLS.match(octets) for octets in begun):
            return Speech.ENCRYPTED if expected else Speech.FOREIGN
        for direction, octets in enumerate(begun):
            found = plausible(octets, self._limit)
            if found == 0 or (found is not None and not self._reassembly.from_start(direction)):
                return Speech.OURS
        from_start = all(self._reassembly.from_start(direction) for direction in (0, 1))
        # From the middle on, both sides may be in the middle of a long document.
        decided = last or (all(begun) and from_start)
        if not decided or not any(begun):
            return Speech.UNKNOWN
        return Speech.OURS if expected else Speech.FOREIGN

    def _name_streams(self, begun: list[bytes]) -> None:
        server = self._server(begun)
        names = said(self.ends[1 - server]), said(self.ends[server])
        self._streams = tuple(
            Stream(
                self._file,
                Side.SERVER if direction == server else Side.CLIENT,
                self._number,
                *names,
                begun=self._reassembly.from_start(direction),
            )
            for direction in (0, 1)
        )
        self._cutters = tuple(Cutter(stream, self._numbers, self._limit) for stream in self._streams)

    def _server(self, begun: list[bytes]) -> int:
        """The direction of the server: by the port named, by who opened the connection, or by what was said."""
        for direction, end in enumerate(self.ends):
            if end[1] == self._port:
                return direction
        if self.opened_by is not None:
            return 1 - self.opened_by
        for direction, octets in enumerate(begun):
            for root in _ROOT.finditer(octets):
                message = MESSAGES.get(root[1].decode())
                if message is not None and len(message.senders) == 1:
                    return direction if Side.SERVER in message.senders else 1 - direction
        ports = [end[1] for end in self.ends]
        return ports.index(PORT) if PORT in ports else ports.index(min(ports))

    def _happened(self, event: Event) -> Iterator[Item]:
        at, stream, cutter = event.segment, self._streams[event.direction], self._cutters[event.direction]
        if event.kind is Kind.OCTETS:
            yield from cutter.feed(event.octets, at.offset, at.packet, at.time)
            return
        where = Where(stream, None, at.offset, cutter.position, at.packet, at.time)
        if event.kind is Kind.MISSING:
            sentence = f"{event.number:,} octets of the stream are not in the capture."
            yield Fault("missing-bytes", f"{sentence} {cutter.miss(event.number)}".rstrip(), where, lost=True)
        elif event.kind is Kind.CUT:
            sentence = f"{event.number:,} octets of a packet were cut off by the capture (tcpdump -s 0 keeps all)."
            yield Fault("packet-cut", f"{sentence} {cutter.miss(event.number)}".rstrip(), where, lost=True)
        elif event.kind is Kind.ABSENT:
            yield Fault(
                "one-direction", f"Nothing that the {_name(stream.sender)} sends is in the capture.", where, lost=True
            )
        elif event.kind is Kind.DIFFERENT:
            position = cutter.position - event.number
            yield Fault(
                "retransmission-differs",
                f"The stream was sent again with other content at octet {position:,}. What came first was judged.",
                where._replace(position=position),
            )


def _name(side: Side | None) -> str:
    return side.value if side else "other side"
