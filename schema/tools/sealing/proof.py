"""What the hashes of a transcript prove, and where they do not fit: which change explains it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schema.tools.sealing.chain import hash_after, signed_octets
from schema.tools.sealing.head import Head
from schema.tools.sealing.keys import is_signed
from schema.tools.sealing.reading import Broken, Entry, HeadPart, Part, Signature


@dataclass(frozen=True, slots=True)
class Flaw:
    """`entry` counts from 1; None where it is none of an entry."""

    sentence: str
    line: int
    entry: int | None = None
    seq: int | None = None

    def __str__(self) -> str:
        entry = "" if self.entry is None else f", entry {self.entry:,}"
        seq = "" if self.seq is None else f" (seq {self.seq})"
        return f"line {self.line}{entry}{seq}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class _Link:
    """The head, or an entry. `said` is the hash that stands beside it."""

    octets: bytes
    said: str
    line: int
    entry: Entry | None = None

    def follows(self, previous: str) -> bool:
        return self.after(previous) == self.said

    def after(self, previous: str) -> str:
        return hash_after(previous, self.octets)

    def flaw(self, sentence: str) -> Flaw:
        if self.entry is None:
            return Flaw(sentence, self.line)
        return Flaw(sentence, self.line, self.entry.place, self.entry.message.seq)


@dataclass(frozen=True, slots=True)
class _End:
    """The last hash. It stands in the chain as the link behind the last."""

    said: str
    line: int

    def follows(self, previous: str) -> bool:
        return previous == self.said


class Proof:
    """One transcript. `key` is the public key that it should be signed with, in hexadecimal.

    After `flaws` the head and the last hash tell what was proven, if nothing was wrong.
    """

    def __init__(self, key: str | None = None) -> None:
        self.head: Head | None = None
        #: The hash at the end.
        self.last = ""
        self._key = key
        self._octets = b""
        #: The hash that the next link should follow.
        self._previous = ""
        #: The number that the next entry should have.
        self._next = 1
        #: Entries that are there, without those that do not belong and with those that are known to be missing.
        self._count = 0
        #: Entries whose hashes are right.
        self._right = 0
        self._first_seq: int | None = None
        self._last_seq: int | None = None
        self._signature: Signature | None = None
        self._end_line = 1

    def flaws(self, parts: Iterator[Part]) -> Iterator[Flaw]:
        """All that is wrong, in the order of the transcript. Raises OSError."""
        held: _Link | None = None
        try:
            for later in self._links(parts):
                if held is not None and isinstance(later, _Link) and self._swapped(held, later):
                    yield held.flaw("This entry and the next were swapped.")
                    yield from self._accept(later)
                    continue
                if held is not None:
                    yield from self._judge(held, later)
                if isinstance(later, _Link):
                    held = later
                else:
                    held = None
                    yield from self._finish(later)
        except Broken as broken:
            if held is not None:
                yield from self._judge(held, None)
            before = f" Before it stand {broken.entries:,} entries." if broken.entries else ""
            yield Flaw(f"{broken}{before}", broken.line)
        else:
            yield from self._check_signature()

    def _links(self, parts: Iterator[Part]) -> Iterator[_Link | _End]:
        line: int | None = None
        for part in parts:
            if isinstance(part, HeadPart):
                self.head, self._octets, line = part.head, part.octets, part.line
            elif isinstance(part, Entry):
                self._count += 1
                yield _Link(part.octets, part.sha256, part.line, part)
            elif isinstance(part, Signature):
                self._signature = part
            elif line is not None:
                yield _Link(self._octets, part.sha256, line)
                line = None
            else:
                yield _End(part.sha256, part.line)

    def _swapped(self, held: _Link, later: _Link) -> bool:
        return (
            held.entry is not None
            and not held.follows(self._previous)
            and later.follows(self._previous)
            and held.follows(later.said)
        )

    def _judge(self, held: _Link, later: _Link | _End | None) -> Iterator[Flaw]:
        """`later` is what comes behind: whether it fits tells what was done to `held`. None where it is not known."""
        entry = held.entry
        computed = held.after(self._previous)
        if computed == held.said:
            yield from self._accept(held)
        elif entry is None:
            if later is not None and later.follows(computed):
                yield held.flaw("The hash in start was changed: it is not that of the head.")
                self._previous = computed
            else:
                yield held.flaw("The head was changed: it does not give the hash in start.")
                self._previous = held.said
        elif later is not None and later.follows(self._previous):
            yield held.flaw("This entry was added: without it the hashes before and behind it fit.")
            self._count -= 1
        elif entry.n > self._next:
            gone = entry.n - self._next
            which = f"Entry {self._next:,} is" if gone == 1 else f"Entries {self._next:,} to {entry.n - 1:,} are"
            yield held.flaw(f"{which} missing before this one.")
            self._count += gone
            self._pass(held.said, entry.n + 1)
        elif later is not None and later.follows(computed):
            yield held.flaw("The hash of this entry was changed; its message was not, since the next hash fits it.")
            self._pass(computed, self._next + 1)
        else:
            yield held.flaw("The message of this entry was changed: it does not give the hash beside it.")
            self._pass(held.said, self._next + 1)

    def _pass(self, previous: str, following: int) -> None:
        self._previous, self._next = previous, following

    def _accept(self, link: _Link) -> Iterator[Flaw]:
        """Its hash is right. What else is wrong with it was so when the hashes were made."""
        entry = link.entry
        self._pass(link.said, self._next + (entry is not None))
        if entry is None or self.head is None:
            return
        if entry.n != self._next - 1:
            yield link.flaw(f"The number of this entry was changed: it is {entry.n:,} in place of {self._next - 1:,}.")
        self._right += 1
        seq = entry.message.seq
        if self._last_seq is not None and seq <= self._last_seq:
            yield link.flaw(f"The hashes fit, but seq {seq} comes behind {self._last_seq}: they were made anew.")
        if not self.head.selection.takes(entry.message):
            yield link.flaw("The hashes fit, but by the head this message is not part of it: they were made anew.")
        self._first_seq = seq if self._first_seq is None else self._first_seq
        self._last_seq = seq

    def _finish(self, end: _End) -> Iterator[Flaw]:
        self.last, self._end_line = end.said, end.line
        if self.head is None:
            return
        gone = self.head.count - self._count
        if end.said != self._previous:
            if gone > 0:
                sentence = f"The last {gone:,} entries are missing." if gone > 1 else "The last entry is missing."
            else:
                sentence = "The hash at the end was changed: it is not that of the last entry."
            yield Flaw(sentence, end.line)
        elif gone:
            yield Flaw(
                f"The head says that there are {self.head.count:,} entries, and there are {self._count:,}.", end.line
            )
        elif self._right == self._count and (self.head.first, self.head.last) != (self._first_seq, self._last_seq):
            yield Flaw("The first and the last seq are not those in the head.", end.line)

    def _check_signature(self) -> Iterator[Flaw]:
        if self.head is None:
            return
        named, signature = self.head.key, self._signature
        line = signature.line if signature is not None else self._end_line
        if signature is None and named is not None:
            yield Flaw(f"The signature is missing: the head says that it was signed with the key {named}.", line)
        elif signature is None:
            if self._key is not None:
                yield Flaw("It is not signed, so the key that was given proves nothing.", line)
        elif named is None:
            yield Flaw("There is a signature, but the head does not name a key.", line)
        else:
            if self._key not in (None, named):
                yield Flaw(f"It is signed with another key: the head names {named}, and you gave {self._key}.", line)
            if not is_signed(signed_octets(self.last, self._octets), signature.signature, named):
                yield Flaw("The signature is not one of this head and this last hash.", line)
