"""Many connections inside TLS, each talking both ways at once, and somebody on the way who reads along."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import trustme

from client import Client
from client.events import LinkDown
from schema.errors import ChatError
from schema.messages import Direct, Dm
from tests.certificates import Certified
from tests.chaos.report import Report
from tests.chaos.target import PASSWORD, PATIENCE, Target
from tests.wiretap import Wiretap

#: Stands in each text.
SECRET = "meet me at the bridge at midnight"

#: Messages of each client without an answer: so many keep both directions of its connection busy.
_WINDOW = 4

#: A text in turn: some need several records of TLS, some a part of one.
_SIZES = (1, 40, 300, 4_000)


@dataclass(frozen=True, slots=True)
class Sizes:
    connections: int = 200
    seconds: float = 60.0
    #: Threads that make the clients talk.
    drivers: int = 4


class Talker:
    """A client that says things to its neighbour, and writes down what its own neighbour says to it."""

    def __init__(self, address: tuple[str, int], certified: Certified, number: int, of: int) -> None:
        self.name, self.neighbour = _name(number), _name((number + 1) % of)
        self.chat = Client.connect(*address, timeout=PATIENCE, retry_for=0, tls=certified.trusting())
        self.chat.login(self.name, PASSWORD)
        self.sent = self.answered = 0
        #: The numbers of what came from the neighbour, in the order in which they came.
        self.heard: list[int] = []
        self.failure: str | None = None
        self._thread = threading.Thread(target=self._read, name=f"talker-{self.name}")
        self._thread.start()

    def talk(self) -> bool:
        """Says as much as may be on its way; whether that was anything."""
        before = self.sent
        while self.failure is None and self.sent - self.answered < _WINDOW:
            self.sent += 1
            text = f"{self.sent} {SECRET} ".ljust(_SIZES[self.sent % len(_SIZES)], "x")
            try:
                answer = self.chat.submit(Dm(id=self.chat.session.next_id(), to=self.neighbour, text=text), PATIENCE)
            except (ChatError, TimeoutError) as error:
                self.failure = f"{self.name} could not say: {error!r}"
                break
            answer.add_done_callback(lambda _: self._count())
        return self.sent > before

    def settle(self) -> None:
        try:
            if not self.chat.settle(PATIENCE):
                self.failure = self.failure or f"{self.name} got no answer"
        except ChatError as error:
            self.failure = self.failure or f"{self.name} was cut off: {error!r}"

    def close(self) -> None:
        self.chat.leave()
        self._thread.join()

    def _count(self) -> None:
        self.answered += 1

    def _read(self) -> None:
        try:
            for event in self.chat.events():
                if isinstance(event, Direct) and event.sender != self.name:
                    self.heard.append(int(event.text.partition(" ")[0]))
                elif isinstance(event, LinkDown):
                    self.failure = f"{self.name} lost its connection: {event.reason}"
        except ChatError as error:
            self.failure = self.failure or f"{self.name} was cut off: {error!r}"


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("tls")
    folder.mkdir(parents=True, exist_ok=True)
    certified = Certified(folder, trustme.CA())
    names = [_name(number) for number in range(sizes.connections)]
    words = (PASSWORD, SECRET, *names, "urn:xmlchat:1")
    with (
        Target(folder, names, tls=certified) as target,
        Wiretap(target.tls_address, words) as wiretap,
    ):
        talkers: list[Talker] = []
        try:
            talkers.extend(
                Talker(wiretap.address, certified, number, sizes.connections) for number in range(sizes.connections)
            )
            began = time.monotonic()
            _drive(talkers, sizes)
            lasted = time.monotonic() - began
        finally:
            for talker in talkers:
                talker.close()
        status = target.stop()
    _judge(report, talkers, wiretap, lasted)
    report.expect(status == 0, f"the server ended with {status}")
    report.expect(target.log("tls-failed") == 0, "the server's log tells of TLS that failed")
    report.expect(target.log("internal-error") == 0, "the server's log tells of an internal error")
    return report


def _name(number: int) -> str:
    return f"talker-{number:04d}"


def _drive(talkers: list[Talker], sizes: Sizes) -> None:
    end = time.monotonic() + sizes.seconds

    def drive(some: list[Talker]) -> None:
        while time.monotonic() < end:
            # All of them: any() would stop at the first.
            if not sum(talker.talk() for talker in some):
                time.sleep(0.001)

    drivers = [
        threading.Thread(target=drive, args=(talkers[first :: sizes.drivers],), name="driver")
        for first in range(sizes.drivers)
    ]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join()
    for talker in talkers:
        talker.settle()


def _judge(report: Report, talkers: list[Talker], wiretap: Wiretap, lasted: float) -> None:
    sent, heard = sum(talker.sent for talker in talkers), sum(len(talker.heard) for talker in talkers)
    records = wiretap.records
    report.figures |= {
        "connections": len(talkers),
        "seconds": lasted,
        "messages sent": sent,
        "messages received": heard,
        "connections that died": sum(talker.failure is not None for talker in talkers),
        "octets on the wire": wiretap.octets,
        "records": records.total(),
        "of them after the handshake": records["application_data"],
        "readable": ", ".join(sorted(wiretap.found)) or "nothing",
    }
    report.problems += [talker.failure for talker in talkers if talker.failure is not None]
    report.problems += [f"somebody on the way found {what}" for what in sorted(wiretap.found)]
    report.expect(records["application_data"] > sent, "fewer records than messages were on the wire")
    report.expect(len(wiretap.ears) == 2 * len(talkers), "there were more connections than clients")
    for number, talker in enumerate(talkers):
        by = talkers[number - 1]
        whole = talker.heard == list(range(1, by.sent + 1))
        report.expect(whole, f"{talker.name} has not heard everything of {by.name} once and in order")
