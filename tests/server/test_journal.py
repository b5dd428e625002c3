from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from schema.errors import Refusal
from schema.limits import MAX_TEXT
from schema.messages import Broadcast, Bye, Dm, Ex, Ok, Pm, Users, Welcome, Who
from server.archive import Archive
from server.catch_up import CatchUps
from server.clock import SystemClock
from server.config import Config
from server.hub import Enter, Hub, Leave
from server.journal import Journal
from server.log import EventLog
from server.store import Store
from tests.conftest import MakeConfig
from tests.peer import PATIENCE
from tests.server.members import FakeMember

#: What may wait for one client by default.
OUTBOX = Config(data=Path()).outbox


class Desk:
    """A journal with a real store, and members who take part."""

    def __init__(self, config: Config, path: Path) -> None:
        self.path = path
        self.store = Store(path)
        clock = SystemClock()
        self.hub = Hub(config, clock)
        self.archive = Archive(path)
        catch_ups = CatchUps(self.hub, self.archive)
        self.journal = Journal(self.hub, self.store, catch_ups, EventLog("text", clock), config)

    def enter(self, name: str) -> FakeMember:
        member = FakeMember(name)
        self.journal.submit(member, Enter("in", registered=False))
        return member

    def seat(self, name: str) -> FakeMember:
        """One who is there already and has caught up; to be called before the journal is started."""
        member = FakeMember(name)
        self.hub.apply(member, Enter("in", registered=False))
        self.hub.rooms.release(member)
        self.hub.news()
        return member

    def settle(self) -> None:
        """Starts the journal, and ends it when all is settled that was submitted before."""
        self.journal.start()
        self.journal.stop()

    def close(self) -> None:
        self.archive.close()
        self.store.close()

    def stored(self) -> list[tuple[int, str]]:
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute("SELECT seq, text FROM message ORDER BY seq").fetchall()


@pytest.fixture
def desk(config: MakeConfig, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(config(), tmp_path / "messages.db")
    yield desk
    desk.close()


def news(member: FakeMember) -> list[tuple[str, ...]]:
    """The lists that the member did not ask for."""
    return [message.users for message in member.received if isinstance(message, Users) and message.re is None]


def test_everyone_is_told_in_the_order_of_the_numbers(desk: Desk) -> None:
    anna, ben = desk.enter("anna"), desk.enter("ben")
    for number in range(1, 51):
        desk.journal.submit((anna, ben)[number % 2], Pm(id=str(number), text=f"message {number}"))
    desk.settle()
    for member in (anna, ben):
        told = [(message.seq, message.text) for message in member.received if isinstance(message, Broadcast)]
        assert told == [(number, f"message {number}") for number in range(1, 51)] == desk.stored()
    answers = [(message.re, message.seq) for message in ben.received if isinstance(message, Ok)]
    assert answers == [(str(number), number) for number in range(1, 51, 2)]


def test_nobody_is_told_of_what_is_not_on_disk(desk: Desk) -> None:
    anna = desk.enter("anna")
    seen: list[tuple[set[int], set[int]]] = []

    def compare() -> None:
        told = {message.seq for message in anna.received if isinstance(message, Broadcast | Ok) and message.seq}
        seen.append((told, {seq for seq, _ in desk.stored()}))

    anna.then = compare
    for number in range(5):
        desk.journal.submit(anna, Pm(id=str(number), text="x"))
    desk.settle()
    assert all(told <= stored for told, stored in seen)
    assert seen[-1][0] == {1, 2, 3, 4, 5}


def test_the_number_in_a_welcome_is_that_of_the_message_before_it(desk: Desk) -> None:
    anna = desk.enter("anna")
    desk.journal.submit(anna, Pm(id="1", text="before"))
    ben = desk.enter("ben")
    desk.journal.submit(anna, Pm(id="2", text="after"))
    desk.settle()
    [welcome] = [message for message in ben.received if isinstance(message, Welcome)]
    assert welcome.seq == 1
    assert [message.seq for message in ben.received if isinstance(message, Broadcast)] == [2]


def test_long_texts_that_come_at_once_do_not_make_anybody_seem_slow(desk: Desk) -> None:
    """However much waits for the disk, what is put into an outbox in one piece fits into it."""
    anna = desk.seat("anna")
    for number in range(200):
        desk.journal.submit(anna, Pm(id=str(number), text="&" * MAX_TEXT))
    desk.settle()
    assert len([message for message in anna.received if isinstance(message, Broadcast)]) == 200
    assert max(map(len, anna.pieces)) < OUTBOX * 0.6


def test_ex_is_the_last_thing_a_member_hears(desk: Desk) -> None:
    anna, ben = desk.seat("anna"), desk.seat("ben")
    desk.journal.submit(ben, Pm(id="1", text="before"))
    desk.journal.submit(anna, Pm(id="2", text="mine"))
    desk.journal.submit(anna, Ex(id="3"))
    desk.journal.submit(ben, Pm(id="4", text="after"))
    desk.journal.submit(anna, Leave())
    desk.settle()
    assert [message.text for message in anna.received if isinstance(message, Broadcast)] == ["before", "mine"]
    assert isinstance(anna.received[-1], Bye)
    assert anna.finished == "logout"
    assert news(ben) == [("ben",)]


def test_what_cannot_be_done_is_refused_and_the_rest_of_the_batch_is_not(desk: Desk) -> None:
    anna = desk.enter("anna")
    desk.journal.submit(anna, Pm(id="1", room="attic", text="?"))
    desk.journal.submit(anna, Pm(id="2", text="!"))
    desk.settle()
    assert [(refusal.code.name, refusal.re) for refusal in anna.refusals] == [("no-such-room", "1")]
    assert desk.stored() == [(1, "!")]


def test_a_full_disk_is_told_to_the_authors_alone_and_passes(desk: Desk) -> None:
    """A trigger stands for the disk: it is there for every process that writes, and can be taken away."""
    with closing(sqlite3.connect(desk.path)) as disk:
        disk.execute("CREATE TRIGGER full BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'full'); END")
        anna, ben = desk.enter("anna"), desk.enter("ben")
        settled = threading.Event()
        ben.then = settled.set
        desk.journal.submit(anna, Pm(id="1", text="lost"))
        desk.journal.submit(anna, Dm(id="2", to="ben", text="lost too"))
        desk.journal.submit(ben, Who(id="3"))
        desk.journal.start()
        assert settled.wait(PATIENCE)
        disk.execute("DROP TRIGGER full")
        desk.journal.submit(anna, Pm(id="4", text="kept"))
        desk.journal.stop()
    assert [(refusal.code.name, refusal.re) for refusal in anna.refusals] == [("storage", "1"), ("storage", "2")]
    assert ben.refusals == []
    assert [message.text for message in ben.received if isinstance(message, Broadcast)] == ["kept"]
    assert [message.re for message in ben.received if isinstance(message, Users)][:1] == ["3"]
    assert desk.stored() == [(1, "kept")]


def test_a_mistake_of_ours_in_one_batch_does_not_stop_the_next(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    anna, broken = desk.enter("anna"), FakeMember("not a name")
    tried = threading.Event()
    anna.then = tried.set
    desk.journal.start()
    assert tried.wait(PATIENCE)
    desk.journal.submit(broken, Enter("in", registered=False))
    desk.journal.submit(broken, Leave())
    desk.journal.submit(anna, Pm(id="1", text="still here"))
    desk.journal.stop()
    assert desk.stored()[-1:] == [(1, "still here")]


def test_a_reminder_sends_the_lists_again(desk: Desk) -> None:
    anna = desk.enter("anna")
    told = threading.Semaphore(0)
    anna.then = lambda: told.release()
    desk.journal.start()
    # The welcome and the first list.
    assert told.acquire(timeout=PATIENCE)
    assert told.acquire(timeout=PATIENCE)
    desk.journal.remind()
    assert told.acquire(timeout=PATIENCE)
    desk.journal.stop()
    assert [message.element for message in anna.received] == ["welcome", "users", "users"]


def test_a_reminder_is_not_put_off_while_there_is_always_something_to_do(desk: Desk) -> None:
    anna = desk.enter("anna")
    asked = 0
    done = threading.Event()

    def ask_again() -> None:
        nonlocal asked
        if len(news(anna)) == 2 or asked == 50:
            done.set()
            return
        if asked == 0:
            desk.journal.remind()
        asked += 1
        desk.journal.submit(anna, Who(id=str(asked)))

    anna.then = ask_again
    desk.journal.start()
    assert done.wait(PATIENCE)
    desk.journal.stop()
    assert len(news(anna)) == 2
    assert asked < 50


def test_a_full_intake_makes_whoever_sends_wait_and_nothing_is_lost(config: MakeConfig, tmp_path: Path) -> None:
    desk = Desk(config(intake=2), tmp_path / "messages.db")
    anna = desk.enter("anna")

    def send() -> None:
        for number in range(100):
            desk.journal.submit(anna, Pm(id=str(number), text=str(number)))

    sender = threading.Thread(target=send)
    sender.start()
    assert sender.is_alive()
    desk.journal.start()
    sender.join(PATIENCE)
    desk.journal.stop()
    assert [text for _, text in desk.stored()] == [str(number) for number in range(100)]
    desk.close()


def test_when_it_stops_what_was_taken_is_settled_and_nothing_more_is_taken(desk: Desk) -> None:
    anna = desk.enter("anna")
    desk.journal.submit(anna, Pm(id="1", text="in time"))
    desk.settle()
    with pytest.raises(Refusal) as raised:
        desk.journal.submit(anna, Pm(id="2", text="late"))
    assert (raised.value.code.name, raised.value.re) == ("shutting-down", "2")
    with pytest.raises(Refusal):
        desk.journal.submit(anna, Leave())
    assert desk.stored() == [(1, "in time")]


def test_whoever_waits_for_room_in_the_intake_is_told_that_it_stops(config: MakeConfig, tmp_path: Path) -> None:
    desk = Desk(config(intake=1), tmp_path / "messages.db")
    anna = desk.enter("anna")
    refused: list[str] = []

    def send() -> None:
        try:
            while True:
                desk.journal.submit(anna, Who(id="1"))
        except Refusal as refusal:
            refused.append(refusal.code.name)

    sender = threading.Thread(target=send)
    sender.start()
    desk.settle()
    sender.join(PATIENCE)
    assert refused == ["shutting-down"]
    desk.close()
