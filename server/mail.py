"""What one batch of the journal has for each connection: encoded once, and queued in as few pieces as can be."""

from __future__ import annotations

from typing import Protocol

from schema.codec import encode
from schema.framing import frame
from schema.messages import Message
from server.rooms import Member


class Post(Protocol):
    """Who takes it to them: the delivery."""

    def broadcast(self, audience: tuple[Member, ...], frames: bytes) -> None:
        """Queues whole frames for everyone in the audience."""


class Mail:
    """Not thread-safe. A member gets messages in the order of `add`; answers come after what was added before."""

    def __init__(self, post: Post) -> None:
        self._post = post
        # The audience of what was added last, and the frames for it that are not queued yet.
        self._audience: tuple[Member, ...] = ()
        self._run: list[bytes] = []
        self._answers: dict[Member, list[bytes]] = {}
        # The newest message of which each member is asked whether it was read.
        self._asked: dict[Member, int] = {}

    def add(self, audience: tuple[Member, ...], message: Message) -> None:
        if audience is not self._audience:
            self._end_run()
            self._audience = audience
        self._run.append(frame(encode(message)))

    def answer(self, member: Member, message: Message) -> None:
        """An answer to a command. It is held back until `hand_over`, so as not to break up a run for everyone."""
        self._answers.setdefault(member, []).append(frame(encode(message)))

    def ask_read(self, member: Member, seq: int) -> None:
        """Asks the member for a sign that it has read a message that was added; for a whole batch, one sign."""
        self._asked[member] = seq

    def hand_over(self) -> None:
        """Queues everything."""
        self._end_run()
        self._audience = ()
        for member, seq in self._asked.items():
            self.answer(member, member.ask_read(seq))
        self._asked.clear()
        for member, frames in self._answers.items():
            self._post.broadcast((member,), b"".join(frames))
        self._answers.clear()

    def _end_run(self) -> None:
        if self._run:
            self._post.broadcast(self._audience, b"".join(self._run))
            self._run.clear()
