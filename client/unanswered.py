"""What was sent and has no answer yet, in the order in which it was sent, which is the one to send it again in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field, replace

from schema.codec import encode
from schema.errors import ChatError
from schema.messages import Command, Ex, Message, Passwd, Ping


@dataclass(frozen=True, slots=True)
class Sent:
    """A command without an answer."""

    command: Command | Ping
    document: bytes
    answer: Future[Message] = field(default_factory=Future)
    #: The answer is no event.
    quiet: bool = False

    def answered(self, message: Message) -> None:
        """Gives the answer to whoever waits for it."""
        with contextlib.suppress(InvalidStateError):
            self.answer.set_result(message)

    def fail(self, why: ChatError) -> None:
        with contextlib.suppress(InvalidStateError):
            self.answer.set_exception(why)


class Unanswered:
    """Not thread-safe."""

    def __init__(self) -> None:
        self._sent: dict[str, Sent] = {}

    def __len__(self) -> int:
        return len(self._sent)

    def __contains__(self, id_: str) -> bool:
        return id_ in self._sent

    @property
    def missed(self) -> int:
        """How many there are whose answer somebody misses: all but the quiet ones."""
        return sum(not sent.quiet for sent in self._sent.values())

    @property
    def leaving(self) -> bool:
        """Whether an ex is among them."""
        return any(isinstance(sent.command, Ex) for sent in self._sent.values())

    def add(self, sent: Sent) -> None:
        self._sent[sent.command.id] = sent

    def take(self, id_: str) -> Sent | None:
        """The command that is answered now."""
        return self._sent.pop(id_, None)

    def take_all(self) -> list[Sent]:
        taken, self._sent = list(self._sent.values()), {}
        return taken

    def after(self, count: int) -> list[Sent]:
        """All but the first so many."""
        return list(self._sent.values())[count:]

    def put_first(self, wanted: Iterable[Command]) -> None:
        """Puts quiet commands in front, but for those of whose kind there is a quiet one already.

        That one was taken along by an earlier connection, and is sent again with the others.
        """
        under_way = {type(sent.command) for sent in self._sent.values() if sent.quiet}
        quiet = [Sent(one, encode(one), quiet=True) for one in wanted if type(one) not in under_way]
        self._sent = {sent.command.id: sent for sent in quiet} | self._sent

    def next_password(self, password: str) -> str | None:
        """The password to which this one was being changed, if it was: it may hold by now.

        The command goes on as one that changes the new password to itself, so that it is answered as if nothing had
        been.
        """
        for sent in self._sent.values():
            command = sent.command
            if isinstance(command, Passwd) and command.old == password != command.new:
                again = replace(command, old=command.new)
                self._sent[command.id] = Sent(again, encode(again), sent.answer)
                return command.new
        return None
