"""When the journal takes what, and when it stops."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from schema.errors import Refusal
from schema.messages import Broadcast, Pm, Who
from server.requests import Leave
from tests.conftest import MakeConfig
from tests.peer import PATIENCE
from tests.server.desks import Desk
from tests.server.members import FakeMember


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
        if len(anna.lists) == 2 or asked == 50:
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
    assert len(anna.lists) == 2
    assert asked < 50


def test_whoever_finds_it_idle_settles_what_it_asks_for(desk: Desk) -> None:
    anna = desk.seat("anna")
    settled_in: list[str] = []
    anna.then = lambda: settled_in.append(threading.current_thread().name)
    desk.journal.start()
    desk.journal.submit(anna, Pm(id="1", text="Hello"))
    assert desk.stored() == [(1, "Hello")]
    # The message and its answer.
    assert settled_in == [threading.current_thread().name] * 2
    desk.journal.stop()


def test_what_comes_while_somebody_is_at_work_is_left_to_its_own_thread(desk: Desk) -> None:
    anna, ben = desk.seat("anna"), desk.seat("ben")
    desk.journal.start()
    settled_in: list[str] = []
    told = threading.Event()

    def ask_again() -> None:
        ben.then = settled
        desk.journal.submit(ben, Who(id="2"))
        assert not settled_in

    def settled() -> None:
        settled_in.append(threading.current_thread().name)
        told.set()

    ben.then = ask_again
    desk.journal.submit(ben, Who(id="1"))
    assert told.wait(PATIENCE)
    desk.journal.stop()
    assert settled_in == ["journal"]
    assert anna.received == []


def test_one_at_a_time_is_at_work_and_each_ones_order_is_kept(desk: Desk) -> None:
    members = [desk.seat(f"user-{number}") for number in range(6)]
    at_work: list[str] = []
    overlaps: list[list[str]] = []

    def look() -> None:
        at_work.append(threading.current_thread().name)
        if len(at_work) > 1:
            overlaps.append(at_work.copy())
        at_work.pop()

    for member in members:
        member.then = look
    desk.journal.start()

    def talk(member: FakeMember) -> None:
        for number in range(50):
            desk.journal.submit(member, Pm(id=str(number), text=f"{member.name} {number}"))

    speakers = [threading.Thread(target=talk, args=(member,)) for member in members]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join(PATIENCE)
    desk.journal.stop()
    assert overlaps == []
    stored = desk.stored()
    assert [seq for seq, _ in stored] == list(range(1, 301))
    for member in members:
        mine = [text for _, text in stored if text.startswith(f"{member.name} ")]
        assert mine == [f"{member.name} {number}" for number in range(50)]
        assert [m.seq for m in member.received if isinstance(m, Broadcast)] == list(range(1, 301))


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
