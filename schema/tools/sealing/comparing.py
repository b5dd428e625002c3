"""A transcript beside what it was made of, or what should be the same."""

from __future__ import annotations

from collections.abc import Iterator

from schema.tools.sealing.proof import Flaw
from schema.tools.sealing.reading import Entry, Part

Numbered = tuple[int, bytes]


class Comparison:
    """With the messages of a source, number and canonical form of each, in ascending order."""

    def __init__(self, messages: Iterator[Numbered], last: int | None) -> None:
        """`last` is the highest number that the transcript claims to hold; what is newer came later."""
        self._messages = messages
        self._last = last or 0
        self._next: Numbered | None = next(messages, None)
        #: Messages of the source that are newer than the transcript, once it was compared.
        self.newer = 0

    def flaws(self, parts: Iterator[Part]) -> Iterator[Flaw]:
        """Of a transcript whose hashes fit. Raises Broken."""
        line = 1
        for part in parts:
            line = part.line
            if isinstance(part, Entry):
                yield from self._compare(part)
        yield from self._left_out(self._last + 1, line)
        self.newer = (self._next is not None) + sum(1 for _ in self._messages)

    def _compare(self, entry: Entry) -> Iterator[Flaw]:
        seq = entry.message.seq
        yield from self._left_out(seq, entry.line)
        if self._next is None or self._next[0] != seq:
            sentence = "This message is not in the source: it was deleted there, or never was in it."
            yield Flaw(sentence, entry.line, entry.place, seq)
            return
        if self._next[1] != entry.octets:
            yield Flaw("This message is another in the source.", entry.line, entry.place, seq)
        self._next = next(self._messages, None)

    def _left_out(self, until: int, line: int) -> Iterator[Flaw]:
        while self._next is not None and self._next[0] < until:
            yield Flaw("This message of the source is not in the transcript.", line, None, self._next[0])
            self._next = next(self._messages, None)
