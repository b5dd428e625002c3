from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from schema.limits import MAX_TEXT
from schema.messages import Broadcast, Bye, Dm, Ex, Join, Notice, Ok, Part, Ping, Pm, Users, Welcome, Who
from server.catch_up import CatchUps
from server.clock import SystemClock
from server.config import Config
from server.journal import Journal
from server.log import EventLog
from server.orders import Ordered, Remove, Tell
from server.requests import Enter, Leave, Read
from tests.peer import PATIENCE
from tests.server.desks import Desk
from tests.server.members import FakeMember, Handed

#: What may wait for one client by default.
OUTBOX = Config(data=Path()).outbox


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


def test_long_announcements_that_come_at_once_do_not_either(desk: Desk) -> None:
    anna = desk.seat("anna")
    notice = Notice(code="announcement", time="2026-03-01T09:00:00.000Z", text="&" * MAX_TEXT)
    for number in range(200):
        desk.journal.submit(anna, Ordered(str(number), (Tell(notice),)))
    desk.settle()
    assert len([message for message in anna.received if isinstance(message, Notice)]) == 200
    assert max(map(len, anna.pieces)) < OUTBOX * 0.6


def test_orders_are_carried_out_though_nobody_asks_for_anything(desk: Desk) -> None:
    anna, ben = desk.seat("anna"), desk.seat("ben")
    told = threading.Event()
    anna.then = told.set
    desk.journal.start()
    desk.journal.order(Remove(Bye(code="kicked", reconnect=False, text="Out."), "ben"))
    assert told.wait(PATIENCE)
    desk.journal.stop()
    assert (ben.received[-1].element, ben.finished) == ("bye", "kicked")
    assert anna.lists == [("anna",)]


def test_a_resend_of_what_was_posted_before_a_block_is_answered_though_both_are_in_one_batch(desk: Desk) -> None:
    mallory = desk.seat("mallory", client="desk")
    blocked = iter((False, True, True))
    desk.is_blocked = lambda user, sender: next(blocked)
    for id in ("1", "1", "2"):
        desk.journal.submit(mallory, Dm(id=id, to="anna", text="Hello"))
    desk.settle()
    assert [(message.re, message.seq) for message in mallory.received if isinstance(message, Ok)] == [("1", 1)] * 2
    assert [(refusal.re, refusal.code.name) for refusal in mallory.refusals] == [("2", "blocked")]
    assert desk.stored() == [(1, "Hello")]


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
    assert ben.lists == [("ben",)]


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


def oks(member: FakeMember) -> list[tuple[str, int | None]]:
    return [(message.re, message.seq) for message in member.received if isinstance(message, Ok)]


def test_what_is_sent_twice_within_a_batch_is_posted_once(desk: Desk) -> None:
    first, second, other = desk.seat("anna", "desk"), desk.seat("anna", "desk"), desk.seat("anna", "phone")
    for member in (first, second, first, other):
        desk.journal.submit(member, Pm(id="1", text="Hello"))
    desk.journal.submit(first, Pm(id="2", text="And more"))
    desk.settle()
    assert desk.stored() == [(1, "Hello"), (2, "Hello"), (3, "And more")]
    assert oks(first) == [("1", 1), ("1", 1), ("2", 3)]
    assert (oks(second), oks(other)) == ([("1", 1)], [("1", 2)])
    assert [message.seq for message in other.received if isinstance(message, Broadcast)] == [1, 2, 3]


def test_what_was_posted_into_a_room_is_answered_though_the_room_is_left(desk: Desk) -> None:
    anna = desk.seat("anna", "desk")
    for request in (Join(id="1", room="tea"), Pm(id="2", room="tea", text="x"), Part(id="3", room="tea")):
        desk.journal.submit(anna, request)
    desk.journal.submit(anna, Pm(id="2", room="tea", text="x"))
    desk.journal.submit(anna, Pm(id="4", room="tea", text="x"))
    desk.settle()
    assert desk.stored() == [(1, "x")]
    assert [(refusal.code.name, refusal.re) for refusal in anna.refusals][-1:] == [("no-such-room", "4")]


def test_one_whose_missed_messages_cannot_be_read_is_told_to_come_back(desk: Desk) -> None:
    desk.archive.close()
    anna = desk.enter("anna")
    desk.settle()
    assert anna.finished == "storage"


def test_direct_messages_are_followed_by_one_ping_for_the_batch(desk: Desk) -> None:
    anna, ben = desk.seat("anna"), desk.seat("ben")
    for number in range(3):
        desk.journal.submit(anna, Dm(id=str(number), to="ben", text="x"))
    desk.settle()
    assert [message.element for message in ben.received] == ["direct"] * 3 + ["ping"]
    assert ben.received[-1] == Ping(id="read-3")
    assert [message.element for message in anna.received] == ["direct"] * 3 + ["ok"] * 3


def test_how_far_a_device_has_read_is_written_down(desk: Desk) -> None:
    anna = desk.seat("anna", "desk")
    desk.journal.submit(anna, Pm(id="1", text="x"))
    desk.settle()
    for seq, expected in ((1, 1), (0, 1), (10**17, 1)):
        catch_ups = CatchUps(desk.hub, desk.archive)
        again = Journal(desk.hub, desk.store, catch_ups, Handed(), EventLog("text", SystemClock()), desk.config)
        again.submit(anna, Read(seq))
        again.start()
        again.stop()
        assert desk.archive.place("anna", "desk") == expected
