"""One conversation as it is kept: entries in the server's order, what is on its way, and what is unread."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace

from client.view.entries import Entry, Moves, Note, Said, State
from client.view.moves import fold
from schema.messages import Broadcast, Direct, Dm, Pm

#: Entries kept of one conversation, some days of a busy one; the server has the others.
MAX_ENTRIES = 5_000

#: Characters kept of one conversation: entries may be long.
MAX_CHARACTERS = 1_000_000


class Timeline:
    """Not thread-safe. `len` and `[]` go over what stands there, what is on its way last."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        #: What was sent and has no answer yet, by the id of its command.
        self._pending: dict[str, Said] = {}
        self._seqs: set[int] = set()
        self._size = 0
        self._count = 0
        self._latest = 0
        #: Whether the server has older messages; None while nobody knows.
        self.more: bool | None = None
        #: Whether the server was asked for older ones, and has not answered.
        self.asked = False
        #: Messages that came while nobody looked, and those among them that name the person.
        self.unread = 0
        #: How many messages of ours were refused so far, whatever became of them.
        self.failures = 0
        self.mentions = 0
        #: The number of the first entry that was unread when the person came to look; None without one.
        self.ruler: int | None = None

    def __len__(self) -> int:
        return len(self._entries) + len(self._pending)

    def __getitem__(self, index: int) -> Entry:
        settled = len(self._entries)
        return self._entries[index] if index < settled else list(self._pending.values())[index - settled]

    def __iter__(self) -> Iterator[Entry]:
        yield from self._entries
        yield from self._pending.values()

    @property
    def has_messages(self) -> bool:
        return bool(self._seqs or self._pending)

    @property
    def is_full(self) -> bool:
        """Whether older messages would push out newer ones."""
        return len(self._entries) >= MAX_ENTRIES or self._size >= MAX_CHARACTERS

    @property
    def oldest(self) -> int | None:
        """The seq of the first message that is here."""
        return min(self._seqs, default=None)

    def index_of(self, number: int) -> int | None:
        """Where the entry of this number stands; None where it is gone."""
        return next((index for index in range(len(self) - 1, -1, -1) if self[index].number == number), None)

    def begin_at(self, seq: int) -> None:
        """What is noted from now on stands behind this message, which may come with the older ones."""
        self._latest = max(self._latest, seq)

    def hear(self, message: Broadcast | Direct, *, ours: bool = False) -> Said | None:
        """Takes a message that came; None where it is here already. `ours` says that this person sent it."""
        if message.seq in self._seqs:
            return None
        if ours:
            self._arrived(message)
        said = self._said(message)
        self._insert(said)
        self._trim()
        return said

    def page(self, messages: Iterable[Broadcast | Direct], *, more: bool) -> None:
        """Takes older messages."""
        self.more, self.asked = more, False
        for message in messages:
            if message.seq not in self._seqs:
                self._insert(self._said(message))
        self._trim()

    def note(self, text: str, time: str) -> Note:
        note = Note(number=self._number(), after=self._latest, time=time, text=text)
        self._append(note)
        return note

    def move(self, came: Iterable[str], left: Iterable[str], time: str) -> None:
        """Notes who came and left; in the entry before, if nothing else was said since."""
        last = self._entries[-1] if self._entries else None
        if isinstance(last, Moves):
            folded = fold(last, came, left)
            self._size += folded.size - last.size
            self._entries[-1:] = [folded] if folded.size else []
            return
        self._append(fold(Moves(number=self._number(), after=self._latest, time=time), came, left))

    def send(self, command: Pm | Dm, me: str, time: str) -> None:
        """Shows a message of ours that is on its way."""
        self.ruler = None
        self._pending[command.id] = Said(
            number=self._number(),
            after=self._latest,
            time=time,
            sender=me,
            text=command.text,
            kind=command.kind,
            state=State.PENDING,
            id=command.id,
        )

    def sent(self, id_: str, seq: int | None, time: str | None) -> None:
        """The server has stored a message of ours; where it came back before, it stands there already."""
        said = self._pending.pop(id_, None)
        if said is None or seq is None or seq in self._seqs:
            return
        self._insert(replace(said, seq=seq, after=seq, time=time or said.time, state=State.SENT, id=None))
        self._trim()

    def fail(self, id_: str, reason: str) -> bool:
        """The server has refused a message of ours. False where it is not here."""
        said = self._pending.pop(id_, None)
        if said is None:
            return False
        self.failures += 1
        self._append(replace(said, after=self._latest, state=State.FAILED, reason=reason, id=None))
        return True

    def unsent(self) -> Iterator[Said]:
        """What is on its way, and what was refused and not sent again."""
        if self.failures:
            yield from (one for one in self._entries if isinstance(one, Said) and one.state is State.FAILED)
        yield from self._pending.values()

    def take_failed(self) -> Said | None:
        """Takes out the last message that failed; None where there is none."""
        for index in range(len(self._entries) - 1, -1, -1):
            entry = self._entries[index]
            if isinstance(entry, Said) and entry.state is State.FAILED:
                self._remove(index)
                return entry
        return None

    def clear(self) -> None:
        """Forgets everything but what is on its way; the server has it still."""
        self._entries.clear()
        self._seqs.clear()
        self._size = 0
        self.ruler = None
        self.more = True

    def read(self) -> None:
        """The person has seen the last of it."""
        self.unread = self.mentions = 0

    def _arrived(self, message: Broadcast | Direct) -> None:
        """A message of ours came back before it was answered; the first pending one that says the same is taken for it.

        Where that was another one, said elsewhere, ours comes back later under its own seq.
        """
        for id_, said in self._pending.items():
            if (said.text, said.kind) == (message.text, message.kind):
                del self._pending[id_]
                return

    def _said(self, message: Broadcast | Direct) -> Said:
        return Said(
            number=self._number(),
            after=message.seq,
            time=message.time,
            sender=message.sender,
            text=message.text,
            kind=message.kind,
            seq=message.seq,
        )

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _insert(self, said: Said) -> None:
        """Puts a message where its seq belongs: before what was noted behind it."""
        assert said.seq is not None
        self._seqs.add(said.seq)
        self._size += said.size
        if said.seq > self._latest:
            self._latest = said.seq
            self._entries.append(said)
        else:
            self._entries.insert(bisect_left(self._entries, said.seq, key=lambda entry: entry.after), said)

    def _append(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._size += entry.size
        self._trim()

    def _remove(self, index: int) -> None:
        entry = self._entries.pop(index)
        self._size -= entry.size
        if isinstance(entry, Said) and entry.seq is not None:
            self._seqs.discard(entry.seq)

    def _trim(self) -> None:
        """Forgets the oldest; a tenth more than it must, so that not every message moves all the others."""
        if len(self._entries) <= MAX_ENTRIES and self._size <= MAX_CHARACTERS:
            return
        gone = 0
        while len(self._entries) - gone > MAX_ENTRIES * 9 // 10 or self._size > MAX_CHARACTERS * 9 // 10:
            entry = self._entries[gone]
            self._size -= entry.size
            if isinstance(entry, Said) and entry.seq is not None:
                self._seqs.discard(entry.seq)
                self.more = True
            gone += 1
        del self._entries[:gone]
