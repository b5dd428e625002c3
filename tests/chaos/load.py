"""One client under load: it says things, and writes down what it was answered and what it received."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from client import Client
from client.events import LinkDown
from client.place import Place
from schema.errors import ChatError
from schema.messages import Broadcast, Direct, Dm, Error, Message, Ok, Pm, Welcome
from tests.chaos.target import PASSWORD, PATIENCE

ROOM = "tea"

#: The last thing that is said: whoever has it has everything before it.
END = "the end"

#: What stands behind sender and number: texts are short or long, and hold what XML has to escape.
_ENDS = ("", "ok", "<&> \"quoted\" 'too' ]]>", "two\nlines", "žluťoučký 漢字 😀", "long " * 60)


class Tally:
    """Counts over all clients, and lets others wait for a count."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def add(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    @property
    def count(self) -> int:
        with self._changed:
            return self._count

    def reached(self, wanted: int, timeout: float = PATIENCE) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= wanted, timeout)


class Answers:
    """What all senders together were answered."""

    def __init__(self) -> None:
        self.acknowledged = Tally()
        self.refused = Tally()


class WatchedPlace(Place):
    """Counts what the client passes over because it was there before: the server should not have sent it again."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_over = 0

    def take(self, message: Message) -> bool:
        new = super().take(message)
        self.passed_over += not new
        return new


class Record:
    """The file that the checker reads. Safe to use from any thread."""

    def __init__(self, path: Path, user: str, rooms: dict[str, int], directs: int) -> None:
        self._lock = threading.Lock()
        self._file = path.open("w")
        #: The last message received.
        self.seq = 0
        self._write(user=user, rooms=rooms, directs=directs)

    def answered(self, id: str, text: str, answer: Ok | Error) -> None:
        if isinstance(answer, Ok):
            self._write(ok=id, text=text, seq=answer.seq)
        else:
            self._write(refused=id, text=text, code=answer.code)

    def received(self, message: Broadcast | Direct) -> None:
        room = message.room if isinstance(message, Broadcast) else None
        to = message.to if isinstance(message, Direct) else None
        what = {"got": message.element, "seq": message.seq, "room": room, "from": message.sender, "to": to}
        self.seq = message.seq
        self._write(**what, text=message.text)

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _write(self, **what: Any) -> None:
        with self._lock:
            self._file.write(json.dumps(what) + "\n")


def is_end(event: Message) -> bool:
    return isinstance(event, Broadcast | Direct) and event.text.endswith(END)


class Talker:
    """A client that stays for the whole scenario; a broken connection is the library's business."""

    def __init__(
        self, address: tuple[str, int], name: str, folder: Path, answers: Answers, room: str | None = ROOM
    ) -> None:
        """Logs in, into the lobby and one more room, where nothing has been said yet."""
        self.name = name
        self.breaks = 0
        #: Why the events ended, if they should not have.
        self.failure: str | None = None
        self._answers = answers
        self._numbers = count(1)
        self._at_end = threading.Event()
        self.chat = Client.connect(*address, timeout=PATIENCE)
        self._place = WatchedPlace()
        self.chat.session.place = self._place
        welcome = self.chat.login(name, PASSWORD)
        assert isinstance(welcome, Welcome)
        rooms = {"lobby": welcome.seq}
        if room is not None:
            self.chat.join(room)
            rooms[room] = 0
        self._record = Record(folder / f"{name}.jsonl", name, rooms, 0)
        self._reader = threading.Thread(target=self._read, name=f"reader-{name}")
        self._reader.start()

    @property
    def passed_over(self) -> int:
        return self._place.passed_over

    @property
    def seq(self) -> int:
        """The last message received."""
        return self._record.seq

    def talk(self, wait: Callable[[float], bool], others: list[str], chance: Random, pause: float) -> None:
        """Says things in the lobby, the other room, and to single users, until `wait` says that it was enough."""
        others = [other for other in others if other != self.name]
        while not wait(pause):
            dice = chance.random()
            room = ROOM if dice < 0.25 else None
            try:
                self.say(chance.choice(_ENDS), to=chance.choice(others) if dice > 0.8 else None, room=room)
            except (ChatError, TimeoutError) as error:
                self.failure = f"{self.name} could not say: {error!r}"
                return

    def say(self, what: str, *, to: str | None = None, room: str | None = None) -> Future[Message]:
        text = f"{self.name} {next(self._numbers)} {what}"
        id = self.chat.session.next_id()
        command = Pm(id=id, text=text, room=room) if to is None else Dm(id=id, to=to, text=text)
        answer = self.chat.submit(command, PATIENCE)
        answer.add_done_callback(lambda done: self._note(id, text, done))
        return answer

    def wait_for_end(self) -> bool:
        return self._at_end.wait(PATIENCE)

    def close(self) -> None:
        self.chat.close()
        self._reader.join()
        self._record.close()

    def _note(self, id: str, text: str, done: Future[Message]) -> None:
        try:
            answer = done.result()
        except (ChatError, CancelledError) as error:
            self.failure = f"{self.name} got no answer to {id}: {error!r}"
            return
        assert isinstance(answer, Ok | Error)
        self._record.answered(id, text, answer)
        (self._answers.acknowledged if isinstance(answer, Ok) else self._answers.refused).add()

    def _read(self) -> None:
        try:
            for event in self.chat.events():
                if isinstance(event, Broadcast | Direct):
                    self._record.received(event)
                elif isinstance(event, LinkDown):
                    self.breaks += 1
                if is_end(event):
                    self._at_end.set()
        except ChatError as error:
            self.failure = f"{self.name} stopped reading: {error!r}"


class Visitor:
    """A program that is started again and again, and each time goes on where it stopped: in the lobby, and directs."""

    def __init__(self, address: tuple[str, int], name: str, folder: Path, chance: Random) -> None:
        self.name = name
        self.visits = 0
        self._address = address
        self._chance = chance
        self._record = Record(folder / f"{name}.jsonl", name, {"lobby": 0}, 0)
        self._at_end = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"visitor-{name}")
        self._thread.start()

    def wait_for_end(self) -> bool:
        return self._at_end.wait(PATIENCE)

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._record.close()

    def _run(self) -> None:
        while not self._at_end.is_set() and not self._stopping.is_set():
            try:
                self._visit(self._chance.randrange(5, 500))
            except (ChatError, TimeoutError):
                # The first connection of a program is not made again by itself.
                self._stopping.wait(0.1)

    def _visit(self, events: int) -> None:
        with Client.connect(*self._address, timeout=5) as chat:
            chat.login(self.name, PASSWORD, device="diary", since=self._record.seq)
            self.visits += 1
            for left, event in zip(range(events, 0, -1), chat.events(), strict=False):
                if isinstance(event, Broadcast | Direct):
                    self._record.received(event)
                if is_end(event):
                    self._at_end.set()
                if left == 1 or self._at_end.is_set():
                    return
