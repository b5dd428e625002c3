"""Catching up, one step at a time, as the journal takes them."""

from __future__ import annotations

import gc

import pytest

from schema.limits import MAX_TEXT
from schema.messages import Broadcast, Direct, Message, Ping, Resumed, Welcome
from server.archive import Archive
from server.catch_up import CatchUps
from server.hub import Hub
from server.mail import Mail
from server.requests import Enter, Leave, Read
from server.sanctions import Sanctions
from server.steps import Arrival, CatchUp
from server.store import Row, Store
from tests.conftest import MakeConfig
from tests.server.fake_clock import FakeClock
from tests.server.members import FakeMember, Handed

TIME = "2026-03-01T09:00:00.000Z"


class Desk:
    """The hub and those who catch up, without a journal."""

    def __init__(self, hub: Hub, store: Store, archive: Archive) -> None:
        self.hub = hub
        self.store = store
        self.catch_ups = CatchUps(hub, archive)

    def say(self, count: int, *, to: str | None = None, room: str = "lobby", text: str = "Hello") -> None:
        self.store.write([Row(TIME, "ben", None if to else room, to, text)] * count, {})

    def enter(self, **enter: int | tuple[str, ...] | str) -> FakeMember:
        member = FakeMember("anna")
        arrival, *_ = self.hub.apply(member, Enter("1", registered=False, **enter))  # type: ignore[arg-type]
        assert isinstance(arrival, Arrival)
        mail = Mail(Handed())
        self.catch_ups.begin(arrival, self.store.last_seq, mail)
        mail.hand_over()
        self.go_on(member)
        return member

    def go_on(self, member: FakeMember) -> None:
        mail = Mail(Handed())
        self.catch_ups.go_on(member, self.store.last_seq, mail)
        mail.hand_over()

    def pong(self, member: FakeMember, seq: int) -> bool:
        """Whether it brings the next page."""
        steps = self.hub.apply(member, Read(seq))
        for step in steps:
            assert step == CatchUp(member)
            self.go_on(member)
        return bool(steps)


@pytest.fixture
def desk(config: MakeConfig, clock: FakeClock, sanctions: Sanctions, store: Store, archive: Archive) -> Desk:
    return Desk(Hub(config(), clock, sanctions, lambda user, sender: False), store, archive)


def seqs(member: FakeMember) -> list[int]:
    return [message.seq for message in member.received if isinstance(message, Broadcast | Direct)]


def tail(member: FakeMember, count: int) -> list[Message]:
    return member.received[-count:]


def live(desk: Desk, member: FakeMember) -> bool:
    return member in desk.hub.rooms.lobby.audience


def test_whoever_resumes_gets_what_was_missed_and_then_hears_what_is_said(desk: Desk) -> None:
    desk.say(5)
    member = desk.enter(since=2)
    assert isinstance(member.received[0], Welcome)
    assert seqs(member) == [3, 4, 5]
    assert tail(member, 1) == [Resumed(seq=5)]
    assert live(desk, member)
    # To go on once more does nothing.
    desk.go_on(member)
    assert tail(member, 1) == [Resumed(seq=5)]


@pytest.mark.parametrize("since", [5, 6, 10**17])
def test_resumed_comes_though_nothing_was_missed(desk: Desk, since: int) -> None:
    """A number that was never given comes from before data was lost."""
    desk.say(5)
    member = desk.enter(since=since)
    assert [message.element for message in member.received] == ["welcome", "resumed"]
    assert tail(member, 1) == [Resumed(seq=5)]


def test_whoever_does_not_resume_begins_with_what_is_said_from_now_on(desk: Desk) -> None:
    desk.say(5)
    member = desk.enter()
    assert [message.element for message in member.received] == ["welcome"]
    assert live(desk, member)


def test_direct_messages_wait_for_one_who_does_not_resume(desk: Desk) -> None:
    desk.say(2)
    desk.say(1, to="anna")
    desk.say(1)
    member = desk.enter()
    assert seqs(member) == [3]
    assert tail(member, 2) == [Resumed(seq=4), Ping(id="read-3")]


def test_a_page_is_a_hundred_and_the_next_comes_when_it_was_read(desk: Desk) -> None:
    desk.say(250)
    member = desk.enter(since=0)
    assert seqs(member) == list(range(1, 101))
    assert tail(member, 1) == [Ping(id="read-100")]
    assert not live(desk, member)
    assert desk.pong(member, 100)
    assert seqs(member) == list(range(1, 201))
    assert not live(desk, member)
    assert desk.pong(member, 200)
    assert seqs(member) == list(range(1, 251))
    assert tail(member, 1) == [Resumed(seq=250)]
    assert live(desk, member)


@pytest.mark.parametrize("seq", [0, 99, 101, 200, 10**17])
def test_no_other_pong_brings_a_page(desk: Desk, seq: int) -> None:
    desk.say(250)
    member = desk.enter(since=0)
    assert not desk.pong(member, seq)
    assert seqs(member) == list(range(1, 101))
    assert desk.pong(member, 100)
    # Nor does the same pong twice.
    assert not desk.pong(member, 100)
    assert seqs(member) == list(range(1, 201))


def test_a_hundred_exactly_are_one_page(desk: Desk) -> None:
    desk.say(100)
    member = desk.enter(since=0)
    assert tail(member, 1) == [Resumed(seq=100)]


def test_long_texts_make_shorter_pages(desk: Desk) -> None:
    desk.say(100, text="\N{GRINNING FACE}" * MAX_TEXT)
    member = desk.enter(since=0)
    first = len(seqs(member))
    assert 10 < first < 40
    assert sum(map(len, member.pieces)) < 600_000
    assert tail(member, 1) == [Ping(id=f"read-{first}")]
    while not live(desk, member):
        assert desk.pong(member, seqs(member)[-1])
    assert seqs(member) == list(range(1, 101))


def test_what_is_said_meanwhile_comes_with_the_last_page(desk: Desk) -> None:
    desk.say(150)
    member = desk.enter(since=0)
    desk.say(3)
    assert desk.pong(member, 100)
    assert seqs(member) == list(range(1, 154))
    assert tail(member, 1) == [Resumed(seq=153)]


def test_the_rooms_that_the_login_names_belong_to_it(desk: Desk) -> None:
    desk.say(1, room="tea")
    desk.say(1)
    desk.say(1, room="attic")
    member = desk.enter(since=0, rooms=("tea",))
    assert seqs(member) == [1, 2]
    assert member in (desk.hub.rooms["tea"] or desk.hub.rooms.lobby).audience


def test_a_place_behind_since_brings_the_direct_messages_between(desk: Desk) -> None:
    desk.say(1, to="anna")
    desk.say(1)
    desk.say(1, to="anna")
    desk.say(1)
    assert seqs(desk.enter(since=3, place=0)) == [1, 3, 4]
    assert seqs(desk.enter(since=3)) == [4]
    assert seqs(desk.enter(place=1, client="phone")) == [3]


@pytest.mark.parametrize(
    ("enter", "place"), [({}, 3), ({"since": 2}, 2), ({"since": 4, "place": 1}, 1), ({"since": 99}, 6)]
)
def test_the_welcome_says_from_where_direct_messages_come(desk: Desk, enter: dict[str, int], place: int) -> None:
    desk.say(6)
    desk.store.write([], {("anna", ""): 3})
    welcome = desk.enter(**enter).received[0]
    assert isinstance(welcome, Welcome)
    assert (welcome.seq, welcome.place) == (6, place)


def test_one_who_leaves_between_two_pages_is_forgotten(desk: Desk) -> None:
    desk.say(150)
    member = desk.enter(since=0)
    desk.hub.apply(member, Leave())
    # At once, since no page is asked for any more; and the object that sends pages keeps nobody either.
    assert desk.hub.missed == {}
    assert member not in gc.get_referents(*vars(desk.catch_ups).values())
    desk.go_on(member)
    assert len(seqs(member)) == 100
    assert desk.hub.missed == {}
