"""Puts everybody's commands into one order, writes messages to disk, and only then tells anyone.

What has gathered while the disk was busy is written in one transaction (group commit). Nobody ever sees a message that
is not on disk, and an `ok` means that it is.

One thread at a time is at work: a connection's reader that finds the journal idle settles its own commands, and what
gathers meanwhile is left to the journal's own thread. With that thread for all of them every command waited for it to
wake, and where many came, both wanted the interpreter at every send: that took as long again as all the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from schema.errors import Refusal
from schema.messages import Bye, Dm, Ok, Pm
from server.catch_up import CatchUps
from server.config import Config
from server.errors import StoreError
from server.hub import Hub
from server.log import EventLog
from server.mail import Mail, Post
from server.orders import Order, Ordered, Tell
from server.requests import Request
from server.rooms import Member
from server.steps import Arrival, CatchUp, Delivery, Departure, Draft, Refused, Step
from server.store import Store

#: Requests settled in one go: bounds the time a transaction takes, and so how late a message can be.
_MAX_BATCH = 1024

#: Characters of their texts at the most: each may take five octets, and what one batch brings to everybody has to fit
#: into an outbox, or those who read as fast as can be would be taken for slow.
_MAX_CHARACTERS = 100_000

#: Messages deleted in one go, for the same reason.
_MAX_FORGOTTEN = 500

#: A time after every message.
_ALWAYS = "9999"


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a draft: its number and time, and whether it was written now or had been before."""

    seq: int
    time: str
    fresh: bool


class Journal:
    """`start`, then `submit` from any thread; `stop` settles what was submitted and ends the thread."""

    def __init__(self, hub: Hub, store: Store, catch_ups: CatchUps, post: Post, log: EventLog, config: Config) -> None:
        self._hub = hub
        self._store = store
        self._catch_ups = catch_ups
        self._carrier = post
        self._log = log
        self._intake = config.intake
        self._thread = threading.Thread(target=self._run, name="journal")
        # Guards _busy, _waiting, _orders, _reminded, _cleaning and _closed.
        self._lock = threading.Lock()
        # For the thread: there is something to do, and nobody does it.
        self._due = threading.Condition(self._lock)
        # For those who submit: the intake takes more.
        self._room = threading.Condition(self._lock)
        # Whether a thread is at work: to it alone belong the hub, the store and what is caught up with. None is before
        # `start`, and until then what is submitted gathers.
        self._busy = True
        self._waiting: list[tuple[Member, Request]] = []
        self._orders: list[Order] = []
        self._reminded = False
        self._cleaning: tuple[str, float] | None = None
        self._closed = False

    def start(self) -> None:
        self._busy = False
        self._thread.start()

    def stop(self) -> None:
        with self._lock:
            self._closed = True
            self._due.notify_all()
            self._room.notify_all()
        self._thread.join()

    def submit(self, member: Member, *requests: Request) -> None:
        """Queues requests, and settles them where nobody is at work; then it waits for the disk.

        Blocks while the intake is full, which makes the sender's own connection wait. Raises Refusal when the server is
        stopping, and then none is queued.
        """
        if not requests:
            return
        with self._lock:
            while len(self._waiting) >= self._intake and not self._closed:
                self._room.wait()
            if self._closed:
                re = getattr(requests[0], "id", None)
                raise Refusal("shutting-down", "The server is stopping; nothing more is taken.", re=re, retry=5)
            self._waiting += [(member, request) for request in requests]
            if self._busy:
                return
            batch = self._begin()
        self._settle(batch)
        with self._lock:
            self._end()

    def order(self, order: Order) -> None:
        """Has the hub carry out what no member has asked for, before what waits. Never blocks."""
        with self._lock:
            self._orders.append(order)
            self._due.notify()

    def clean(self, before: str, mib: float) -> None:
        """Has messages deleted: those from before a time, and the oldest beyond a size; 0 MiB is any size."""
        with self._lock:
            self._cleaning = (before, mib)
            self._due.notify()

    def remind(self) -> None:
        """Has the lists of users sent to everyone, changed or not."""
        with self._lock:
            self._reminded = True
            self._due.notify()

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._settle(batch)
            self._clean()
            with self._lock:
                self._end()

    def _next_batch(self) -> list[tuple[Member, Request]] | None:
        """The requests to settle next, perhaps none, when only a list is due; None when there will be no more."""
        with self._lock:
            while self._busy or not self._pressing():
                if not self._due.wait(None if self._busy else self._hub.pause()) and not self._busy:
                    break
            if self._closed and not self._waiting:
                return None
            return self._begin()

    def _pressing(self) -> bool:
        return bool(self._waiting or self._orders or self._reminded or self._cleaning or self._closed)

    def _begin(self) -> list[tuple[Member, Request]]:
        """Takes the journal for the thread at hand. Under the lock, like `_end`."""
        self._busy = True
        count = _fitting(self._waiting)
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        self._room.notify_all()
        return batch

    def _end(self) -> None:
        self._busy = False
        if self._pressing() or self._hub.pause() is not None:
            self._due.notify()

    def _clean(self) -> None:
        """Deletes some old messages, if that was asked for, and the rest after the next batch: nobody waits long."""
        with self._lock:
            cleaning = self._cleaning
        if cleaning is None:
            return
        before, mib = cleaning
        try:
            too_large = mib and self._store.size() > mib * 1024 * 1024
            deleted = self._store.forget(_ALWAYS if too_large else before, _MAX_FORGOTTEN)
        except StoreError as error:
            self._log.write("not-cleaned", reason=str(error))
            deleted = 0
        if deleted < _MAX_FORGOTTEN:
            with self._lock:
                self._cleaning = None

    def _settle(self, batch: Sequence[tuple[Member, Request]]) -> None:
        try:
            self._carry_out(batch)
        except Exception as error:
            # A mistake of ours in one batch must not stop the chat for everyone.
            self._log.write("internal-error", thread="journal", reason=repr(error))

    def _carry_out(self, batch: Sequence[tuple[Member, Request]]) -> None:
        with self._lock:
            orders, self._orders = self._orders, []
            reminded, self._reminded = self._reminded, False
        if reminded:
            self._hub.remind()
        steps = [step for order in orders for step in self._hub.carry_out(order)]
        for member, request in batch:
            steps += self._hub.apply(member, request)
        steps += self._hub.news()
        last_seq = self._store.last_seq
        posted = self._post([step for step in steps if isinstance(step, Draft)])
        self._tell(steps, last_seq, posted)

    def _post(self, drafts: Sequence[Draft]) -> dict[Draft, Posted]:
        """Writes what has not been written before; for each draft that is on disk now, its number and time."""
        places = {device: min(seq, self._store.last_seq) for device, seq in self._hub.places.items()}
        if not drafts and not places:
            return {}
        try:
            posted, fresh = self._known(drafts)
            first = self._store.write([draft.row() for draft in fresh], places)
        except StoreError as error:
            # How far devices have read is kept for the next batch; that much is no news for an operator.
            if drafts:
                self._log.write("not-stored", messages=len(drafts), reason=str(error))
            return {}
        self._hub.places.clear()
        posted |= {draft: Posted(seq, draft.time, fresh=True) for seq, draft in enumerate(fresh, first)}
        firsts = {draft.key: posted[draft] for draft in fresh if draft.key}
        resent = {draft: replace(firsts[draft.key], fresh=False) for draft in drafts if draft.key in firsts}
        return resent | posted

    def _known(self, drafts: Sequence[Draft]) -> tuple[dict[Draft, Posted], list[Draft]]:
        """Which drafts were posted before, and which are new; a resend within the batch is in neither."""
        posted: dict[Draft, Posted] = {}
        fresh: list[Draft] = []
        keys: set[tuple[str, str, str]] = set()
        for draft in drafts:
            if draft.key is None:
                fresh.append(draft)
            elif earlier := self._store.posted(*draft.key):
                posted[draft] = Posted(*earlier, fresh=False)
            elif draft.key not in keys and draft.refusal is None:
                keys.add(draft.key)
                fresh.append(draft)
        return posted, fresh

    def _tell(self, steps: Sequence[Step], last_seq: int, posted: Mapping[Draft, Posted]) -> None:
        """Queues for everyone what the steps say, in their order; `last_seq` is the message before them."""
        mail = Mail(self._carrier)
        for step in steps:
            match step:
                case Draft() if (found := posted.get(step)) is not None:
                    if found.fresh:
                        last_seq = found.seq
                        self._publish(step, last_seq, mail)
                    mail.answer(step.author, Ok(re=step.id, seq=found.seq, time=found.time))
                case Draft():
                    step.author.refuse(step.unpublished())
                case Refused():
                    step.member.refuse(step.refusal)
                case Delivery():
                    mail.add(step.audience, step.message)
                case Arrival() | CatchUp():
                    self._catch_up(step, last_seq, mail)
                case Departure():
                    mail.hand_over()
                    step.member.finish(step.reason, step.message)
        mail.hand_over()

    def _catch_up(self, step: Arrival | CatchUp, last_seq: int, mail: Mail) -> None:
        try:
            if isinstance(step, Arrival):
                self._catch_ups.begin(step, last_seq, mail)
            else:
                self._catch_ups.go_on(step.member, self._store.last_seq, mail)
        except StoreError as error:
            self._log.write("not-read", user=step.member.name, reason=str(error))
            step.member.end(Bye(code="storage", reconnect=True, text="What you missed cannot be read now."))

    def _publish(self, draft: Draft, seq: int, mail: Mail) -> None:
        mail.add(draft.audience, draft.published(seq))
        if draft.recipient is not None:
            for member in draft.audience:
                if member.name == draft.recipient:
                    mail.ask_read(member, seq)


def _fitting(waiting: Sequence[tuple[Member, Request]]) -> int:
    """How many requests, from the first on, go into a batch."""
    characters = 0
    for count, (_, request) in enumerate(waiting[:_MAX_BATCH]):
        characters += _characters(request)
        if characters > _MAX_CHARACTERS and count:
            return count
    return min(len(waiting), _MAX_BATCH)


def _characters(request: Request) -> int:
    """Those of the text that a request may bring to everybody."""
    if isinstance(request, Ordered):
        return sum(len(order.notice.text) for order in request.orders if isinstance(order, Tell))
    return len(request.text) if isinstance(request, Pm | Dm) else 0
