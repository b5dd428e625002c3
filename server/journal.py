"""The one thread that puts everybody's commands into one order, writes messages to disk, and only then tells anyone.

What has gathered while the disk was busy is written in one transaction (group commit). Nobody ever sees a message that
is not on disk, and an `ok` means that it is.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from schema.errors import Refusal
from server.errors import StoreError
from server.hub import Arrival, Delivery, Departure, Draft, Hub, Leave, Refused, Request, Step
from server.log import EventLog
from server.mail import Mail
from server.rooms import Member
from server.store import Row, Store

#: Requests settled in one go: bounds the time a transaction takes, and so how late a message can be.
_MAX_BATCH = 1024


class Journal:
    """`start`, then `submit` from any thread; `stop` settles what was submitted and ends the thread."""

    def __init__(self, hub: Hub, store: Store, log: EventLog, intake: int) -> None:
        self._hub = hub
        self._store = store
        self._log = log
        self._intake = intake
        self._thread = threading.Thread(target=self._run, name="journal")
        # Guards _waiting, _reminded and _closed, and says when they change.
        self._changed = threading.Condition()
        self._waiting: list[tuple[Member, Request]] = []
        self._reminded = False
        self._closed = False

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def submit(self, member: Member, request: Request) -> None:
        """Queues a request. Blocks while the intake is full, which makes the sender's own connection wait.

        Raises Refusal when the server is stopping.
        """
        with self._changed:
            while len(self._waiting) >= self._intake and not self._closed:
                self._changed.wait()
            if self._closed:
                if isinstance(request, Leave):
                    return
                re = getattr(request, "id", None)
                raise Refusal("shutting-down", "The server is stopping; nothing more is taken.", re=re, retry=5)
            self._waiting.append((member, request))
            if len(self._waiting) == 1:
                self._changed.notify_all()

    def remind(self) -> None:
        """Has the lists of users sent to everyone, changed or not."""
        with self._changed:
            self._reminded = True
            self._changed.notify_all()

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._settle(batch)

    def _next_batch(self) -> list[tuple[Member, Request]] | None:
        """The requests to settle next, perhaps none, when only a list is due; None when there will be no more."""
        with self._changed:
            while not (self._waiting or self._reminded or self._closed):
                if not self._changed.wait(self._hub.pause()):
                    return []
            if self._closed and not self._waiting:
                return None
            if self._reminded:
                self._reminded = False
                self._hub.remind()
            batch, self._waiting = self._waiting[:_MAX_BATCH], self._waiting[_MAX_BATCH:]
            self._changed.notify_all()
            return batch

    def _settle(self, batch: Sequence[tuple[Member, Request]]) -> None:
        try:
            self._carry_out(batch)
        except Exception as error:
            # A mistake of ours in one batch must not stop the chat for everyone.
            self._log.write("internal-error", thread="journal", reason=repr(error))

    def _carry_out(self, batch: Sequence[tuple[Member, Request]]) -> None:
        steps: list[Step] = []
        for member, request in batch:
            steps += self._hub.apply(member, request)
        steps += self._hub.news()
        last_seq = self._store.last_seq
        self._tell(steps, last_seq, written=self._write([step for step in steps if isinstance(step, Draft)]))

    def _write(self, drafts: Sequence[Draft]) -> bool:
        """Whether they are on disk."""
        if not drafts:
            return True
        rows = [Row(draft.time, draft.author.name, draft.room, draft.recipient, draft.text) for draft in drafts]
        try:
            self._store.append(rows)
        except StoreError as error:
            self._log.write("not-stored", messages=len(rows), reason=str(error))
            return False
        return True

    def _tell(self, steps: Sequence[Step], last_seq: int, *, written: bool) -> None:
        """Queues for everyone what the steps say, in their order; `last_seq` is the message before them."""
        mail = Mail()
        for step in steps:
            match step:
                case Draft() if written:
                    last_seq += 1
                    mail.add(step.audience, step.published(last_seq))
                    mail.answer(step.author, step.answer(last_seq))
                case Draft():
                    step.author.refuse(step.unpublished())
                case Refused():
                    step.member.refuse(step.refusal)
                case Delivery():
                    mail.add(step.audience, step.message)
                case Arrival():
                    mail.add((step.member,), step.message(last_seq))
                case Departure():
                    mail.answer(step.member, step.message)
                    mail.hand_over()
                    step.member.finish(step.message.code)
        mail.hand_over()
