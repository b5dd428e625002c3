"""From items to findings: every layer is asked, and what was found is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from schema.messages import Message
from schema.tools.inputs.item import Document, Ended, Fault, Item, Stream, Where
from schema.tools.judging.conversation import Breach, Conversation
from schema.tools.judging.devices import Devices
from schema.tools.judging.documents import Judge
from schema.tools.judging.second_opinion import SecondOpinion
from schema.tools.rules.finding import Finding
from schema.tools.rules.table import BY_NAME, RULES, Rule, Severity


@dataclass(slots=True)
class Counts:
    """What was judged. `invalid` counts the documents that have an error, not the errors."""

    documents: int = 0
    invalid: int = 0
    connections: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)

    def as_fields(self) -> dict[str, int]:
        return {
            "documents": self.documents,
            "valid": self.documents - self.invalid,
            "invalid": self.invalid,
            "connections": self.connections,
            **{f"{severity.value}s": self.severities[severity] for severity in Severity},
        }


@dataclass(slots=True)
class Heard:
    """What a caller who wants more than findings is told: a document, what it says if it is valid, and its findings."""

    document: Document
    message: Message | None
    findings: list[Finding]


class Checker:
    """Not thread-safe. `wanted` are the rules whose findings are given out; the others are judged and passed over."""

    def __init__(
        self,
        judge: Judge,
        *,
        wanted: frozenset[Rule] = frozenset(RULES),
        second: SecondOpinion | None = None,
        conversation: bool = True,
    ) -> None:
        self._judge = judge
        self._wanted = wanted
        self._second = second
        self._conversation = conversation
        self._devices = Devices()
        # The conversation of each connection that is open, by its number; of one file after the other.
        self._open: dict[int, Conversation] = {}
        self.counts = Counts()

    def findings(self, items: Iterable[Item]) -> Iterator[Finding]:
        """Those of one file, in the order in which they become known."""
        self._open.clear()
        for item in items:
            if type(item) is Document:
                found = self._hear(item)[1]
            elif isinstance(item, Fault):
                found = self.fault(item)
            else:
                assert isinstance(item, Ended)
                found = self.end(item)
            if found:
                yield from found

    def hear(self, document: Document) -> Heard:
        """Judges one document, in its conversation."""
        return Heard(document, *self._hear(document))

    def fault(self, fault: Fault) -> list[Finding]:
        stream = fault.where.stream
        said = fault.lost or fault.where.frame is not None
        talk = self._talk(stream) if said else None
        if talk is not None:
            if fault.lost:
                talk.lost()
            elif stream.sender is not None:
                talk.refused(stream.sender, None)
        found = self._counted([Finding(BY_NAME[fault.rule], fault.sentence, fault.where)])
        if fault.where.frame is not None:
            self.counts.documents += 1
            self.counts.invalid += len(found)
        return found

    def end(self, ended: Ended) -> list[Finding]:
        """Nothing more comes of this connection."""
        number = ended.stream.connection
        talk = self._open.pop(number, None) if number is not None else None
        if talk is None:
            return []
        where = Where(ended.stream)
        return self._counted([_broken(breach, where) for breach in talk.end(closed=ended.closed)])

    def _hear(self, document: Document) -> tuple[Message | None, list[Finding]]:
        found: list[Finding] = []
        message, refusal = self._judge(document, found)
        if self._second is not None:
            self._second.judge(document, found)
        counts = self.counts
        counts.documents += 1
        where = document.where
        stream = where.stream
        talk = stream.memory or self._talk(stream)
        if talk is not None:
            assert stream.sender is not None
            if message is not None:
                breaches = talk.hear(stream.sender, message, where)
                if breaches:
                    found += [_broken(breach, where) for breach in breaches]
            else:
                talk.refused(stream.sender, refusal)
        if found:
            found = self._counted(found)
            counts.invalid += any(one.rule.severity is Severity.ERROR and one.where is where for one in found)
        return message, found

    def _talk(self, stream: Stream) -> Conversation | None:
        """The conversation that a stream belongs to; none where it is not known who sent what."""
        if stream.memory is None and self._conversation and stream.connection is not None and stream.sender is not None:
            if stream.connection not in self._open:
                self._open[stream.connection] = Conversation(self._devices, seen_from_start=stream.begun)
                self.counts.connections += 1
            stream.memory = self._open[stream.connection]
        known: Conversation | None = stream.memory
        return known

    def _counted(self, found: list[Finding]) -> list[Finding]:
        kept = [finding for finding in found if finding.rule in self._wanted]
        for finding in kept:
            self.counts.severities[finding.rule.severity] += 1
        return kept


def _broken(breach: Breach, where: Where) -> Finding:
    return Finding(BY_NAME[breach.rule], breach.sentence, breach.where or where)
