"""From octets on many connections to what may be shown of them: documents, and what is wrong with each.

Happenings go in, what was seen comes out; nothing here reads a socket or a clock. Nothing that comes out holds a
password.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schema.capture import Kind, without_password
from schema.codec import decode
from schema.limits import MAX_SKIPPED_FRAME, PREFIX
from schema.messages import Message, Side, Welcome, secrets_of
from schema.tools.inputs.framed import Counter, Cutter
from schema.tools.inputs.item import Document, Ended, Fault, Stream, Where
from schema.tools.judging.blanking import blanked
from schema.tools.judging.checker import Checker
from schema.tools.judging.documents import PARSED
from schema.tools.rules.finding import Finding
from schema.tools.tapping.backlog import Closed, Happening, Missed, Octets, Opened, Unserved


@dataclass(frozen=True, slots=True)
class Seen:
    """A document, or `octets` that never became one; `message` is what it says, None where it is refused."""

    where: Where
    kind: Kind
    octets: bytes
    message: Message | None
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class Left:
    """A connection has ended; `findings` are what only its end shows."""

    closed: Closed
    findings: list[Finding]


Shown = Opened | Unserved | Seen | Left


class _Talk:
    """What is known of one connection."""

    def __init__(self, file: str, opened: Opened, numbers: Counter) -> None:
        self.streams = {
            side: Stream(file, side, opened.connection, opened.client, opened.server, begun=True) for side in Side
        }
        self.cutters = {side: Cutter(stream, numbers) for side, stream in self.streams.items()}
        self.logged_in = False


class Witness:
    """Not thread-safe. `file` is what findings name as their place."""

    def __init__(self, checker: Checker, file: str) -> None:
        self._checker = checker
        self._file = file
        self._numbers = Counter()
        self._talks: dict[int, _Talk] = {}
        #: Documents of each side, and connections that could not be passed on.
        self.said = dict.fromkeys(Side, 0)
        self.unserved = 0

    def take(self, happening: Happening) -> Iterator[Shown]:
        if isinstance(happening, Octets):
            talk = self._talks[happening.connection]
            for item in talk.cutters[happening.sender].feed(happening.octets, time=happening.time):
                assert isinstance(item, Document | Fault)
                yield self._seen(talk, item, PREFIX)
        elif isinstance(happening, Missed):
            yield self._missed(happening)
        elif isinstance(happening, Closed):
            yield from self._ended(happening)
        else:
            if isinstance(happening, Opened):
                self._talks[happening.connection] = _Talk(self._file, happening, self._numbers)
            else:
                self.unserved += 1
            yield happening

    def _seen(self, talk: _Talk, item: Document | Fault, octets: int) -> Seen:
        """`octets` are those of a fault."""
        if isinstance(item, Fault):
            kept = b"*" * min(octets, MAX_SKIPPED_FRAME)
            return Seen(item.where, Kind.OCTETS, kept, None, self._checker.fault(item))
        sender = item.where.stream.sender
        assert sender is not None
        self.said[sender] += 1
        heard = self._checker.hear(item)
        message = heard.message
        if sender is Side.SERVER:
            talk.logged_in |= isinstance(message, Welcome)
            kept = item.octets if message is not None else _without_echo(item.octets, heard.findings)
        else:
            kept = without_password(item.octets, message, logged_in=talk.logged_in)
            if message is not None and secrets_of(message):
                message = decode(kept, sender)
        return Seen(item.where, Kind.DOCUMENT, kept, message, heard.findings)

    def _missed(self, missed: Missed) -> Seen:
        talk = self._talks[missed.connection]
        cutter = talk.cutters[missed.sender]
        where = Where(talk.streams[missed.sender], self._numbers.next(), position=cutter.position, time=missed.time)
        sentence = f"{missed.count:,} octets were passed on and not looked at: too much was waiting to be shown."
        fault = Fault("missing-bytes", f"{sentence} {cutter.miss(missed.count)}".rstrip(), where, lost=True)
        return self._seen(talk, fault, missed.count)

    def _ended(self, closed: Closed) -> Iterator[Shown]:
        talk = self._talks.pop(closed.connection)
        for cutter in talk.cutters.values():
            # A frame that we have cut is nobody's fault.
            for fault in cutter.end() if closed.seen else ():
                assert isinstance(fault, Fault)
                began = fault.where.position or 0
                late = fault.where._replace(time=closed.time)
                yield self._seen(talk, fault._replace(where=late), cutter.position - began)
        yield Left(closed, self._checker.end(Ended(talk.streams[Side.CLIENT], closed.seen)))


def _without_echo(document: bytes, findings: list[Finding]) -> bytes:
    """What a server sent and was refused: one that speaks another protocol may send back what a client said."""
    return blanked(document, well_formed=all(finding.rule.layer in PARSED for finding in findings))
