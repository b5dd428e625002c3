"""What was heard on one connection, judged as it comes and looked through for what a script waits for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from schema.codec import encode
from schema.errors import Refusal
from schema.framing import frame
from schema.limits import MAX_DOCUMENT, MAX_SERVER_DOCUMENT
from schema.messages import Message, Ping, Pong, Side
from schema.parsing import parse
from schema.tools.conformance.check import Failed, Skipped
from schema.tools.conformance.pattern import Pattern
from schema.tools.inputs.framed import Counter, Cutter
from schema.tools.inputs.item import Document, Ended, Stream
from schema.tools.judging.checker import Checker
from schema.tools.judging.excerpts import harmless
from schema.tools.rules.finding import Finding

#: Characters of a document in a sentence that says what came.
_SHOWN = 160

_ID = re.compile(rb"""\bid=["']([^"']*)""")

#: Errors that say nothing of whether a server keeps to the protocol.
_NOT_NOW = ("throttled", "busy")

#: Documents that such a sentence names.
_NAMED = 6


@dataclass(frozen=True, slots=True)
class Heard:
    octets: bytes
    root: etree._Element

    @property
    def shown(self) -> str:
        said = self.octets.decode(errors="replace").replace(' xmlns="urn:xmlchat:1"', "")
        return harmless(said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…")


def pong(message: Message) -> Message | None:
    """Pings are answered as they come."""
    return Pong(re=message.id) if isinstance(message, Ping) else None


class Inbox:
    """One connection, without its socket. `heard_from` is the side that is checked; what it says is judged.

    What nobody has asked for yet is in `unread`, in the order of its coming, and everything of this script in `all`.
    """

    def __init__(self, checker: Checker, number: int, heard_from: Side, findings: list[Finding]) -> None:
        self._checker = checker
        self._findings = findings
        self._numbers = Counter()
        limits = {Side.CLIENT: MAX_DOCUMENT, Side.SERVER: MAX_SERVER_DOCUMENT}
        self._ours, self._theirs = (
            Cutter(Stream("the conversation", side, number), self._numbers, limits[side])
            for side in (heard_from.other, heard_from)
        )
        self._heard_from = heard_from
        # The ids of what we have sent, refused documents and all.
        self._asked: set[bytes] = set()
        self._stream = Stream("the conversation", heard_from, number)
        self.unread: list[Heard] = []
        self.all: list[Heard] = []
        #: What is answered at once, whatever the script says.
        self.answer: Callable[[Message], Message | None] = pong

    def said(self, octets: bytes) -> None:
        """We have sent this."""
        self._asked.update(_ID.findall(octets))
        for item in self._ours.feed(octets):
            found = self._checker.hear(item).findings if isinstance(item, Document) else self._checker.fault(item)  # type: ignore[arg-type]
            self._keep(found)

    def heard(self, octets: bytes) -> bytes:
        """This has come. What to answer at once."""
        answers = b""
        for item in self._theirs.feed(octets):
            if not isinstance(item, Document):
                self._keep(self._checker.fault(item))  # type: ignore[arg-type]
                continue
            heard = self._checker.hear(item)
            self._keep(heard.findings)
            answer = self.answer(heard.message) if heard.message is not None else None
            if answer is not None:
                answers += frame(encode(answer))
            try:
                self.unread.append(Heard(item.octets, parse(item.octets)))
            except Refusal:
                continue
            self.all.append(self.unread[-1])
        return answers

    def ended(self) -> None:
        for item in self._theirs.end():
            self._keep(self._checker.fault(item))  # type: ignore[arg-type]
        self._keep(self._checker.end(Ended(self._stream, closed=True)))

    def forget(self) -> None:
        """Another script begins."""
        self.unread.clear()
        self.all.clear()

    def take(self, pattern: Pattern, after: int = 0) -> int | None:
        """Takes the first document that fits, from place `after` on; its place.

        Raises Failed where none can come, and Skipped where that is because the server has too much to do.
        """
        for place, heard in enumerate(self.unread):
            if place >= after and pattern.fits(heard.root):
                del self.unread[place]
                return place
        for heard in self.unread:
            if pattern.excludes(heard.root):
                if heard.root.get("code") in _NOT_NOW:
                    raise Skipped(f"the server says {heard.root.get('code')}: try again in a minute")
                raise Failed(f"expected {pattern.said}, got {heard.shown}")
            if pattern.is_alike(heard.root) and heard.root.get("re", "").encode() not in self._asked:
                raise Failed(f"expected {pattern.said}, got {heard.shown}, for which nobody has asked")
        return None

    def has_heard(self, pattern: Pattern) -> Heard | None:
        """A document of this script that fits, whether it was asked for or not."""
        return next((heard for heard in self.all if pattern.fits(heard.root)), None)

    def described(self) -> str:
        """What came and was not asked for, for a sentence."""
        shown = [heard.shown for heard in self.unread[-_NAMED:]]
        return ", ".join(shown) if shown else "nothing"

    def _keep(self, found: list[Finding]) -> None:
        self._findings += self._of_theirs(found)

    def _of_theirs(self, found: list[Finding]) -> Iterator[Finding]:
        return (one for one in found if one.where.stream.sender is self._heard_from)
