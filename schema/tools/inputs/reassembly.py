"""One TCP connection, both directions, put together again from segments as somebody on the way has seen them.

Segments may come late, twice, in pieces, with holes, or from the middle of a connection. A segment is let through when
what comes before it in its own direction, and what it acknowledges of the other, has been let through. So what comes
out is in the order in which it was said, whatever order the packets were captured in. Nothing here reads a file.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import NamedTuple

#: Segments that wait for one that is missing, until it is given up. A network reorders by a few.
MAX_WAITING = 64

#: Octets of them.
MAX_WAITING_OCTETS = 1024 * 1024

#: Segments with content that are looked at before a connection whose SYN was not seen is taken to begin.
_FIRST = 4

#: Octets kept of each direction to compare with what is sent again, and the pieces they came in.
_KEPT_OCTETS = 16 * 1024
_KEPT_PIECES = 64

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

_HALF, _ALL = 1 << 31, (1 << 32) - 1


class Segment(NamedTuple):
    """`length` is what the segment had on the wire; `octets` are fewer where the capture cut the packet.

    `direction` is 0 or 1. `offset` is where the octets stand in the file.
    """

    direction: int
    sequence: int
    acknowledged: int
    flags: int
    octets: bytes
    length: int
    packet: int
    time: int
    offset: int


class Kind(Enum):
    OCTETS = "octets"
    MISSING = "missing"  # not in the capture
    CUT = "cut"  # cut off in the capture: more of the packet was on the wire than was written down
    DIFFERENT = "different"  # sent again, with other content
    RESET = "reset"
    ABSENT = "absent"  # nothing of this direction is in the capture


class Event(NamedTuple):
    """What happens next in a direction.

    `number` octets are missing, were cut off, or lie between the first that differs and the end.
    """

    kind: Kind
    direction: int
    octets: bytes
    number: int
    segment: Segment


def ahead(sequence: int, other: int) -> int:
    """How far a sequence number is ahead of another; negative where it is behind (RFC 9293, section 3.4)."""
    difference = (sequence - other) & _ALL
    return difference - (1 << 32) if difference >= _HALF else difference


class _Direction:
    __slots__ = ("absent", "acknowledged", "finished", "from_start", "kept", "kept_octets", "next")

    def __init__(self) -> None:
        #: The sequence number of the octet that comes next; None until it is known.
        self.next: int | None = None
        #: The highest that the other side has acknowledged.
        self.acknowledged: int | None = None
        self.from_start = False
        self.finished = False
        #: Whether it was given up to wait for anything of it.
        self.absent = False
        self.kept: deque[tuple[int, bytes]] = deque()
        self.kept_octets = 0

    def keep(self, sequence: int, octets: bytes) -> None:
        self.kept.append((sequence, octets))
        self.kept_octets += len(octets)
        while self.kept_octets > _KEPT_OCTETS or len(self.kept) > _KEPT_PIECES:
            self.kept_octets -= len(self.kept.popleft()[1])


class Reassembly:
    """Not thread-safe. Holds at most MAX_WAITING segments and MAX_WAITING_OCTETS."""

    def __init__(self) -> None:
        self._directions = (_Direction(), _Direction())
        self._waiting: list[Segment] = []
        self._waiting_octets = 0
        self._started = False
        self._reset = False

    @property
    def finished(self) -> bool:
        """Both sides have closed, or one has broken the connection off."""
        return self._reset or (self._directions[0].finished and self._directions[1].finished)

    def from_start(self, direction: int) -> bool:
        """Whether this direction is known from its first octet on."""
        return self._directions[direction].from_start

    def begins_anew(self, segment: Segment) -> bool:
        """Whether a SYN does not belong here: the same two ports are used for another connection."""
        if not segment.flags & SYN or not self._started:
            return False
        here = self._directions[segment.direction]
        return here.next is not None and abs(ahead(segment.sequence + 1, here.next)) > MAX_WAITING_OCTETS

    def feed(self, segment: Segment) -> list[Event]:
        """What becomes known by this segment, in order."""
        here = self._directions[segment.direction]
        other = self._directions[1 - segment.direction]
        flags = segment.flags
        if here.absent:
            here.absent, here.next = False, segment.sequence
        if flags & ACK:
            if other.acknowledged is None or ahead(segment.acknowledged, other.acknowledged) > 0:
                other.acknowledged = segment.acknowledged
            if not segment.length and not flags & (SYN | FIN | RST):
                return []
        if (
            segment.sequence == here.next
            and not self._waiting
            and not flags & (SYN | FIN | RST)
            and self._started
            and (other.next is None or ahead(segment.acknowledged, other.next) <= 0)
            and segment.length == len(segment.octets)
        ):
            # The usual case, in the fewest steps.
            here.next = (segment.sequence + segment.length) & _ALL
            here.keep(segment.sequence, segment.octets)
            return [Event(Kind.OCTETS, segment.direction, segment.octets, 0, segment)]
        if flags & SYN:
            self._begin(here, segment)
            if not segment.length and not flags & (FIN | RST):
                return self._drain([])
        if flags & RST and here.next is None:
            here.next = segment.sequence
        self._waiting.append(segment)
        self._waiting_octets += len(segment.octets)
        if not self._started:
            if len(self._waiting) < _FIRST:
                return []
            self._begin_midway()
        events = self._drain([])
        while len(self._waiting) > MAX_WAITING or self._waiting_octets > MAX_WAITING_OCTETS:
            self._give_up(events)
            self._drain(events)
        return events

    def end(self) -> list[Event]:
        """No segment comes any more: what waits is given out, and what is missing is told."""
        if not self._started:
            self._begin_midway()
        events = self._drain([])
        while self._waiting:
            self._give_up(events)
            self._drain(events)
        return events

    def missing_at_end(self, direction: int) -> int:
        """Octets that the other side has acknowledged after the last that was seen."""
        here = self._directions[direction]
        if here.next is None or here.acknowledged is None or here.finished:
            return 0
        missing = ahead(here.acknowledged, here.next)
        # A single one is the FIN.
        return missing if missing > 1 else 0

    def _begin(self, here: _Direction, syn: Segment) -> None:
        first = (syn.sequence + 1) & _ALL
        if here.next is None or (not self._started or ahead(first, here.next) > 0):
            here.next = first
            here.from_start = True
        self._started = True

    def _begin_midway(self) -> None:
        self._started = True
        for direction, here in enumerate(self._directions):
            if here.next is None:
                here.next = self._lowest(direction)
        for segment in self._waiting:
            other = self._directions[1 - segment.direction]
            if other.next is None and segment.flags & ACK:
                other.next = segment.acknowledged

    def _lowest(self, direction: int) -> int | None:
        lowest: int | None = None
        for segment in self._waiting:
            if segment.direction == direction and (lowest is None or ahead(segment.sequence, lowest) < 0):
                lowest = segment.sequence
        return lowest

    def _drain(self, events: list[Event]) -> list[Event]:
        """Lets through what waits for nothing any more, in the order in which it came."""
        moved = True
        while moved:
            moved = False
            for place, segment in enumerate(self._waiting):
                if self._may_pass(segment):
                    del self._waiting[place]
                    self._waiting_octets -= len(segment.octets)
                    self._pass(segment, events)
                    moved = True
                    break
        return events

    def _may_pass(self, segment: Segment) -> bool:
        here, other = self._directions[segment.direction], self._directions[1 - segment.direction]
        if here.next is None or ahead(_first(segment), here.next) > 0:
            return False
        if not segment.flags & ACK:
            return True
        if other.next is None:
            # Where nothing comes from the other side at all, it is not waited for.
            return other.absent or bool(segment.flags & RST)
        return ahead(segment.acknowledged, other.next) <= 0

    def _pass(self, segment: Segment, events: list[Event]) -> None:
        direction, here = segment.direction, self._directions[segment.direction]
        assert here.next is not None
        first = _first(segment)
        known = -ahead(first, here.next)
        # A single octet is a probe whether the other side is still there, and may be any.
        if known > 0 and segment.length > 1:
            self._compare(segment, first, known, events)
        fresh = segment.octets[known:]
        if fresh:
            here.keep(here.next, fresh)
            moved = segment._replace(offset=segment.offset + known) if known else segment
            events.append(Event(Kind.OCTETS, direction, fresh, 0, moved))
            here.next = (here.next + len(fresh)) & _ALL
        left = ahead((first + segment.length) & _ALL, here.next)
        if left > 0:
            events.append(Event(Kind.CUT, direction, b"", left, segment))
            here.next = (here.next + left) & _ALL
        if segment.flags & FIN and not here.finished and ahead((first + segment.length) & _ALL, here.next) == 0:
            here.next = (here.next + 1) & _ALL
            here.finished = True
        if segment.flags & RST and not self._reset:
            self._reset = True
            events.append(Event(Kind.RESET, direction, b"", 0, segment))

    def _compare(self, segment: Segment, first: int, known: int, events: list[Event]) -> None:
        """Looks whether what was sent again is what was sent the first time, as far as that is kept."""
        again = segment.octets[:known]
        for sequence, octets in self._directions[segment.direction].kept:
            start = ahead(sequence, first)
            if start >= len(again) or start + len(octets) <= 0:
                continue
            mine = again[max(0, start) : start + len(octets)]
            before = octets[max(0, -start) : len(again) - start]
            if mine != before:
                differing = next(i for i, (a, b) in enumerate(zip(mine, before, strict=True)) if a != b)
                behind = known - max(0, start) - differing
                events.append(Event(Kind.DIFFERENT, segment.direction, b"", behind, segment))
                return

    def _give_up(self, events: list[Event]) -> None:
        """Passes over the hole that the first of those that wait is waiting for."""
        segment = self._waiting[0]
        direction = segment.direction
        here = self._directions[direction]
        if here.next is None:
            here.next = self._lowest(direction)
        elif ahead(_first(segment), here.next) > 0:
            self._pass_over(direction, segment, _first(segment), events)
        elif self._directions[1 - direction].next is None and self._lowest(1 - direction) is None:
            self._directions[1 - direction].absent = True
            events.append(Event(Kind.ABSENT, 1 - direction, b"", 0, segment))
        else:
            # It acknowledges what never came: the hole is in the other direction.
            self._pass_over(1 - direction, segment, segment.acknowledged, events)

    def _pass_over(self, direction: int, because: Segment, until: int, events: list[Event]) -> None:
        here = self._directions[direction]
        start = here.next
        if start is not None:
            missing = ahead(until, start)
            alone = True
            for other in self._waiting:
                if other.direction == direction and (gap := ahead(_first(other), start)) > 0:
                    alone = False
                    missing = min(missing, gap)
            until = (start + missing) & _ALL
            if missing == 1 and alone:
                # Nothing follows, so what was acknowledged is the FIN, which counts as an octet.
                here.finished = True
            else:
                events.append(Event(Kind.MISSING, direction, b"", missing, because))
        here.next = until


def _first(segment: Segment) -> int:
    """The sequence number of its first octet: a SYN takes one of its own."""
    return (segment.sequence + 1) & _ALL if segment.flags & SYN else segment.sequence
