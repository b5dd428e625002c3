"""The line that is typed, one for each conversation; what is not sent is kept from one run to the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document

from client.drafts import Drafts, Unsent, load, save
from client.kept import Damaged
from client.view.chat import Chat
from client.view.entries import Said, State, Talk
from schema.messages import Dm, Pm

#: Why a message of the last run stands there as failed.
UNANSWERED = "You left before it was answered; /retry sends it again."


class Drafting:
    """Not thread-safe: it belongs to the loop that draws."""

    def __init__(self, chat: Chat, line: Buffer, file: Path | None, now: Callable[[], str]) -> None:
        """Without a `file` nothing is kept."""
        self._chat = chat
        self._line = line
        self._file = file
        self._now = now
        self._lines: dict[Talk, str] = {}
        self._shown = chat.current
        #: What Ctrl-C took out of the line last, until something else is typed.
        self._dropped = ""
        self._saved = Drafts({})
        self._has_failed = False

    @property
    def has_unsent(self) -> bool:
        """Whether messages were kept that had no answer then."""
        return bool(self._saved.unsent)

    def restore(self) -> None:
        """Takes what was kept of the last run, and says where it is."""
        if self._file is None:
            return
        try:
            kept = load(self._file)
        except (Damaged, OSError) as error:
            why = f"{self._file}: {error.strerror}." if isinstance(error, OSError) else str(error)
            self._chat.tell(f"! What you began to write cannot be read: {why}", self._now())
            return
        self._lines = dict(kept.lines)
        for talk in self._lines:
            # A room is opened by who enters it.
            if not talk.is_room:
                self._chat.open(talk)
        for number, unsent in enumerate(kept.unsent):
            self._show_unsent(f"unsent.{number}", unsent)
        self._saved = kept
        begun = [talk.label for talk in self._lines if talk != self._shown]
        if begun:
            self._chat.tell(f"* What you began to write is kept: {', '.join(begun)}.", self._now())
        self._put(self._lines.pop(self._shown, ""))

    def follow(self, *, carry: bool = False) -> None:
        """The person may be in another conversation now; with `carry` by an answer, and what is typed goes along."""
        current = self._chat.current
        if current == self._shown:
            return
        typed = self._line.text
        kept = self._lines.pop(current, "")
        if carry:
            kept = "\n".join(filter(None, (kept, typed)))
        elif typed:
            self._lines[self._shown] = typed
        self._shown = current
        self._put(kept)

    def changed(self) -> None:
        """Something was typed."""
        if self._line.text:
            self._dropped = ""

    def drop(self) -> None:
        """Empties the line; it is not lost: Up brings it back, and who leaves now finds it the next time."""
        text = self._line.text
        self._line.reset(append_to_history=True)
        self._dropped = text

    def save(self, unanswered: Collection[str] | None = None, *, durable: bool = True) -> None:
        """Keeps all that is not sent, if it has changed; `unanswered` says which commands are not, if it is known."""
        if self._file is None:
            return
        drafts = Drafts(dict(self._begun()), list(self._unsent(unanswered)))
        if drafts == self._saved:
            return
        try:
            save(self._file, drafts, durable=durable)
        except OSError as error:
            if not self._has_failed:
                self._has_failed = True
                self._chat.tell(f"! What you write cannot be kept: {error.strerror}.", self._now())
            return
        self._saved = drafts

    def _put(self, text: str) -> None:
        self._dropped = ""
        self._line.reset(Document(text, len(text)))

    def _begun(self) -> Iterator[tuple[Talk, str]]:
        yield from self._lines.items()
        if text := self._line.text or self._dropped:
            yield self._shown, text

    def _unsent(self, unanswered: Collection[str] | None) -> Iterator[Unsent]:
        for talk, timeline in self._chat.timelines.items():
            for said in timeline.unsent():
                if _is_kept(said, unanswered):
                    yield Unsent(talk, said.text, said.kind)

    def _show_unsent(self, id_: str, unsent: Unsent) -> None:
        talk = unsent.talk
        command = (
            Pm(id=id_, text=unsent.text, room=talk.name, kind=unsent.kind)
            if talk.is_room
            else Dm(id=id_, to=talk.name, text=unsent.text, kind=unsent.kind)
        )
        timeline = self._chat.open(talk)
        timeline.send(command, self._chat.me, self._now())
        timeline.fail(id_, UNANSWERED)


def _is_kept(said: Said, unanswered: Collection[str] | None) -> bool:
    if said.state is State.PENDING:
        return unanswered is None or said.id in unanswered
    # What the server has refused, the person has seen.
    return said.reason == UNANSWERED
