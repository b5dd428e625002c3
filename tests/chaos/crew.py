"""All the clients of a scenario together: who talks, who listens, who comes and goes, and who is away."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from tests.chaos.checker import check
from tests.chaos.load import END, ROOM, Answers, Talker, Tally, Visitor
from tests.chaos.report import Report
from tests.chaos.target import PATIENCE

#: Gets direct messages all the time and comes for them when all is over.
AWAY = "zoe"
VISITOR = "victor"


def names(senders: int, listeners: int) -> tuple[list[str], list[str]]:
    return [f"sender{n}" for n in range(senders)], [f"listener{n}" for n in range(listeners)]


#: Messages that the slowest reader may be behind before the senders wait: the library gives up at 100,000 unread ones.
_LAG = 20_000


class Crew:
    """Everybody logs in at once; `talk` begins the load, and `finish` ends it and waits until all is said and heard."""

    def __init__(
        self, address: tuple[str, int], folder: Path, senders: list[str], listeners: list[str], seed: int
    ) -> None:
        self._answers = Answers()
        self.records = folder / "records"
        self.records.mkdir()
        self._address = address
        self._senders = senders
        self._seed = seed
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._finished = False
        with contextlib.ExitStack() as opened:
            self.talkers: list[Talker] = []
            for name in senders + listeners:
                self.talkers.append(self._talker(name))
                opened.callback(self.talkers[-1].close)
            self.visitor = Visitor(address, VISITOR, self.records, Random(f"{seed} visitor"))
            opened.callback(self.visitor.close)
            self._opened = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        # Closing comes first: a sender may wait in a client for room.
        self._opened.close()
        for thread in self._threads:
            thread.join()

    @property
    def acknowledged(self) -> Tally:
        return self._answers.acknowledged

    @property
    def refused(self) -> Tally:
        return self._answers.refused

    def talk(self, pause: float = 0.0) -> None:
        """Every sender talks, and rests for `pause` seconds before each message."""
        everyone = [*(talker.name for talker in self.talkers), VISITOR, AWAY]
        for talker in self._talking():
            chance = Random(f"{self._seed} {talker.name}")
            thread = threading.Thread(target=talker.talk, args=(self._wait, everyone, chance, pause))
            self._threads.append(thread)
            thread.start()

    def hush(self) -> None:
        """Stops the senders and waits until everything is answered."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for talker in self.talkers:
            if talker.failure is None:
                assert talker.chat.settle(PATIENCE), f"{talker.name} is not answered"

    def finish(self, report: Report) -> None:
        """Ends the load, waits until everybody has heard the end, and fetches who was away."""
        self.hush()
        first = self.talkers[0]
        first.say(END).result(PATIENCE)
        everyone: list[Talker | Visitor] = [*self.talkers, self.visitor]
        for one in everyone:
            report.expect(one.wait_for_end(), f"{one.name} does not hear the end")
        away = self._talker(AWAY, None)
        self._opened.callback(away.close)
        self.talkers.append(away)
        first.say(END, to=AWAY).result(PATIENCE)
        report.expect(away.wait_for_end(), "the one who was away does not hear the end")
        self._opened.close()
        for talker in self.talkers:
            report.expect(talker.failure is None, str(talker.failure))
            report.expect(not talker.passed_over, f"{talker.name} was sent {talker.passed_over} messages again")

    def judge(self, report: Report, messages: Path, stop: Callable[[], int]) -> None:
        """Stops the server, and has the checker compare the records with its log of messages."""
        report.expect(stop() == 0, "the server does not stop in good order")
        verdict = check(self.records, messages)
        report.figures |= verdict.figures
        report.figures["reconnections"] = sum(talker.breaks for talker in self.talkers)
        report.figures["visits"] = self.visitor.visits
        report.problems += verdict.problems

    def _wait(self, pause: float) -> bool:
        """Before each message of a sender; whether it was the last."""
        while max(talker.seq for talker in self.talkers) - min(talker.seq for talker in self.talkers) > _LAG:
            if self._stop.wait(0.01):
                return True
        return self._stop.wait(pause) if pause else self._stop.is_set()

    def _talking(self) -> list[Talker]:
        return [talker for talker in self.talkers if talker.name in self._senders]

    def _talker(self, name: str, room: str | None = ROOM) -> Talker:
        return Talker(self._address, name, self.records, self._answers, room)
