from __future__ import annotations

import pytest

from schema.messages import (
    Away,
    Back,
    Block,
    Broadcast,
    Bye,
    Direct,
    Dm,
    Ex,
    Join,
    List,
    Message,
    Notice,
    Ok,
    Part,
    Pm,
    Room,
    Rooms,
    Unblock,
    User,
    Users,
    Who,
)
from server.hub import Hub
from server.requests import PASSWORD_CHANGED, Dismiss, Enter, Leave, PasswordChanged, Request
from server.sanctions import Sanctions
from server.steps import Arrival, CatchUp, Delivery, Departure, Draft, Refused
from server.store import Row
from tests.conftest import MakeConfig
from tests.server.fake_clock import FakeClock
from tests.server.members import FakeMember


@pytest.fixture
def hub(config: MakeConfig, clock: FakeClock, sanctions: Sanctions) -> Hub:
    """Ben takes no direct messages from mallory."""
    return Hub(config(rooms=3), clock, sanctions, lambda user, sender: (user, sender) == ("ben", "mallory"))


def enter(hub: Hub, name: str) -> FakeMember:
    """A member who has entered and caught up, when everyone has been told."""
    member = FakeMember(name)
    hub.apply(member, Enter("0", registered=False))
    hub.rooms.release(member)
    hub.news()
    return member


def answer(hub: Hub, member: FakeMember, request: Request) -> Message:
    """What the member alone is told."""
    [step] = hub.apply(member, request)
    assert isinstance(step, Delivery)
    assert step.audience == (member,)
    return step.message


def draft(hub: Hub, member: FakeMember, request: Request) -> Draft:
    [step] = hub.apply(member, request)
    assert isinstance(step, Draft)
    return step


def code(hub: Hub, member: FakeMember, request: Request) -> tuple[str, str | None]:
    [step] = hub.apply(member, request)
    assert isinstance(step, Refused)
    assert step.member is member
    return step.refusal.code.name, step.refusal.re


def news(hub: Hub) -> dict[str, tuple[str, ...]]:
    """The lists of users that go to those in the rooms."""
    lists = {}
    for step in hub.news():
        assert isinstance(step, Delivery)
        assert isinstance(step.message, Users)
        assert {member.name for member in step.audience} == set(step.message.names)
        lists[step.message.room] = step.message.names
    return lists


def test_whoever_enters_is_welcomed_with_everyone_and_the_last_number(hub: Hub) -> None:
    enter(hub, "ben")
    anna = FakeMember("anna")
    arrival, catch_up = hub.apply(anna, Enter("7", registered=True))
    assert isinstance(arrival, Arrival)
    assert catch_up == CatchUp(anna)
    welcome = arrival.welcome(41, 40)
    assert (welcome.re, welcome.name, welcome.room, welcome.seq, welcome.place) == ("7", "anna", "lobby", 41, 40)
    assert welcome.registered
    assert welcome.names == ("anna", "ben")
    assert news(hub) == {"lobby": ("anna", "ben")}


def test_an_account_that_was_there_before_is_not_called_registered(hub: Hub) -> None:
    arrival, _ = hub.apply(FakeMember("anna"), Enter("7", registered=False))
    assert isinstance(arrival, Arrival)
    assert arrival.welcome(0, 0).registered is None


def test_the_other_connections_of_a_user_are_told_and_the_list_does_not_change(hub: Hub, clock: FakeClock) -> None:
    desk = enter(hub, "anna")
    clock.forward(2)
    arrival, _, notice = hub.apply(FakeMember("anna"), Enter("1", registered=False))
    assert isinstance(arrival, Arrival)
    assert isinstance(notice, Delivery)
    assert notice.audience == (desk,)
    assert isinstance(notice.message, Notice)
    assert (notice.message.code, notice.message.time) == ("another-session", "2026-03-01T09:00:02.000Z")
    assert news(hub) == {}


def test_a_pm_goes_to_the_room_its_author_included(hub: Hub, clock: FakeClock) -> None:
    anna, ben = enter(hub, "anna"), enter(hub, "ben")
    clock.forward(1)
    written = draft(hub, anna, Pm(id="5", text="Hello"))
    assert written.audience == (anna, ben)
    time = "2026-03-01T09:00:01.000Z"
    assert written.published(9) == Broadcast(seq=9, room="lobby", sender="anna", time=time, text="Hello")
    assert written.row() == Row(time, "anna", "lobby", None, "Hello")


def test_a_dm_goes_to_every_connection_of_both_and_to_nobody_else(hub: Hub) -> None:
    anna, phone, ben, _ = (enter(hub, name) for name in ("anna", "anna", "ben", "carol"))
    written = draft(hub, anna, Dm(id="5", to="ben", text="Hello"))
    assert set(written.audience) == {anna, phone, ben}
    assert len(written.audience) == 3
    direct = written.published(9)
    assert isinstance(direct, Direct)
    assert (direct.sender, direct.to) == ("anna", "ben")


def test_a_dm_to_one_who_is_not_here_is_written_all_the_same(hub: Hub) -> None:
    anna = enter(hub, "anna")
    written = draft(hub, anna, Dm(id="5", to="ben", text="Hello"))
    assert written.audience == (anna,)
    assert (written.room, written.recipient) == (None, "ben")


def test_the_kind_of_a_message_is_handed_on(hub: Hub) -> None:
    anna, _ = enter(hub, "anna"), enter(hub, "ben")
    for said in (Pm(id="5", text="waves", kind="action"), Dm(id="6", to="ben", text="waves", kind="action")):
        written = draft(hub, anna, said)
        published = written.published(9)
        assert isinstance(published, Broadcast | Direct)
        assert published.kind == written.row().kind == "action"


def test_a_dm_of_one_who_is_blocked_is_refused_at_once_where_no_device_could_have_sent_it_before(hub: Hub) -> None:
    mallory = enter(hub, "mallory")
    assert code(hub, mallory, Dm(id="5", to="ben", text="Hello")) == ("blocked", "5")
    assert draft(hub, mallory, Dm(id="6", to="anna", text="Hello")).refusal is None
    assert draft(hub, enter(hub, "ben"), Dm(id="7", to="mallory", text="Hello")).refusal is None


def test_a_dm_of_one_who_is_blocked_waits_for_the_store_where_a_device_has_sent_it(hub: Hub) -> None:
    mallory = FakeMember("mallory")
    hub.apply(mallory, Enter("0", registered=False, client="desk"))
    refusal = draft(hub, mallory, Dm(id="5", to="ben", text="Hello")).unpublished()
    assert (refusal.code.name, refusal.re) == ("blocked", "5")


def test_a_block_that_the_session_has_made_is_answered_in_its_turn(hub: Hub) -> None:
    anna = enter(hub, "anna")
    assert answer(hub, anna, Block(id="1", user="ben")) == Ok(re="1")
    assert answer(hub, anna, Unblock(id="2", user="ben")) == Ok(re="2")


def test_being_away_is_of_the_user_and_ends_with_the_last_connection(hub: Hub) -> None:
    desk, phone, ben = enter(hub, "anna"), enter(hub, "anna"), enter(hub, "ben")
    assert answer(hub, desk, Away(id="1")) == Ok(re="1")
    assert news(hub) == {"lobby": ("anna", "ben")}
    hub.apply(desk, Leave())
    here = Users(re="2", room="lobby", users=(User("anna", away=True), User("ben")))
    assert answer(hub, ben, Who(id="2")) == here
    hub.apply(phone, Leave())
    enter(hub, "anna")
    assert answer(hub, ben, Who(id="2")) == Users(re="2", room="lobby", users=User.named("anna", "ben"))


def test_who_is_back_is_news_again(hub: Hub) -> None:
    anna = enter(hub, "anna")
    answer(hub, anna, Away(id="1"))
    news(hub)
    assert answer(hub, anna, Back(id="2")) == Ok(re="2")
    assert news(hub) == {"lobby": ("anna",)}


def test_who_and_list_answer_about_any_room(hub: Hub) -> None:
    anna, ben = enter(hub, "anna"), enter(hub, "ben")
    assert answer(hub, anna, Join(id="1", room="tea")) == Ok(re="1")
    assert answer(hub, ben, Who(id="2")) == Users(re="2", room="lobby", users=User.named("anna", "ben"))
    assert answer(hub, ben, Who(id="3", room="tea")) == Users(re="3", room="tea", users=User.named("anna"))
    assert answer(hub, ben, List(id="4")) == Rooms(re="4", rooms=(Room("lobby", 2), Room("tea", 1)))


def test_joining_and_parting_is_news_for_those_in_the_room(hub: Hub) -> None:
    anna, ben = enter(hub, "anna"), enter(hub, "ben")
    answer(hub, anna, Join(id="1", room="tea"))
    assert news(hub) == {"tea": ("anna",)}
    answer(hub, ben, Join(id="1", room="tea"))
    assert news(hub) == {"tea": ("anna", "ben")}
    answer(hub, anna, Part(id="2", room="tea"))
    assert news(hub) == {"tea": ("ben",)}
    answer(hub, ben, Part(id="2", room="tea"))
    assert news(hub) == {}
    assert code(hub, ben, Who(id="3", room="tea")) == ("no-such-room", "3")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Pm(id="x", room="attic", text="?"), "no-such-room"),
        (Who(id="x", room="attic"), "no-such-room"),
        (Part(id="x", room="attic"), "no-such-room"),
        (Pm(id="x", room="tea", text="?"), "not-in-room"),
        (Part(id="x", room="tea"), "not-in-room"),
        (Part(id="x", room="lobby"), "stay-in-lobby"),
    ],
)
def test_what_cannot_be_done_in_a_room(hub: Hub, request_: Request, expected: str) -> None:
    answer(hub, enter(hub, "ben"), Join(id="1", room="tea"))
    news(hub)
    assert code(hub, enter(hub, "anna"), request_) == (expected, "x")
    assert news(hub) == {}


def test_one_connection_may_be_in_so_many_rooms_the_lobby_included(hub: Hub) -> None:
    anna = enter(hub, "anna")
    for room in ("tea", "attic"):
        answer(hub, anna, Join(id="1", room=room))
    assert code(hub, anna, Join(id="2", room="cellar")) == ("too-many-rooms", "2")
    assert hub.rooms["cellar"] is None
    assert answer(hub, anna, Join(id="3", room="tea")) == Ok(re="3")
    answer(hub, anna, Part(id="4", room="tea"))
    assert answer(hub, anna, Join(id="5", room="cellar")) == Ok(re="5")


@pytest.mark.parametrize("request_", [Leave("reset"), Ex(id="9")])
def test_leaving_is_told_once_and_nothing_is_taken_after_it(hub: Hub, request_: Request) -> None:
    anna, _ = enter(hub, "anna"), enter(hub, "ben")
    answer(hub, anna, Join(id="1", room="tea"))
    news(hub)
    [departure] = hub.apply(anna, request_)
    assert isinstance(departure, Departure)
    assert departure.member is anna
    if isinstance(request_, Ex):
        assert isinstance(departure.message, Bye)
        assert (departure.message.re, departure.message.code, departure.message.reconnect) == ("9", "logout", False)
    else:
        assert (departure.message, departure.reason) == (None, "reset")
    assert news(hub) == {"lobby": ("ben",)}
    for late in (Leave(), Ex(id="10"), Pm(id="11", text="?"), Who(id="12")):
        assert hub.apply(anna, late) == []
    assert news(hub) == {}


def test_a_reminder_sends_every_list_again(hub: Hub) -> None:
    anna = enter(hub, "anna")
    answer(hub, anna, Join(id="1", room="tea"))
    news(hub)
    hub.remind()
    assert news(hub) == {"lobby": ("anna",), "tea": ("anna",)}
    assert news(hub) == {}


def test_the_list_of_a_large_room_that_changes_often_is_sent_now_and_then(hub: Hub, clock: FakeClock) -> None:
    """With 200 users a list goes to 200 users: 40 ms lie between two of them."""
    for number in range(200):
        hub.apply(FakeMember(f"user-{number}"), Enter("0", registered=False))
    assert len(news(hub)["lobby"]) == 200
    assert hub.pause() is None
    late = FakeMember("late")
    hub.apply(late, Enter("0", registered=False))
    assert news(hub) == {}
    assert hub.pause() == pytest.approx(0.04)
    # A small room has nothing to do with it.
    answer(hub, late, Join(id="1", room="tea"))
    assert hub.pause() == 0
    assert news(hub) == {"tea": ("late",)}
    clock.forward(0.05)
    assert hub.pause() == 0
    assert "late" in news(hub)["lobby"]
    assert hub.pause() is None


def test_a_new_password_is_answered_and_ends_the_other_connections_of_the_user(hub: Hub) -> None:
    anna, ben, other = enter(hub, "anna"), enter(hub, "ben"), enter(hub, "anna")
    assert hub.apply(anna, PasswordChanged("7")) == [
        Delivery((anna,), Ok(re="7")),
        Departure(other, "password-changed", PASSWORD_CHANGED),
    ]
    assert hub.rooms.connections("anna") == (anna,)
    assert hub.rooms.connections("ben") == (ben,)
    assert hub.apply(other, Leave()) == []


def test_whoever_is_dismissed_is_told_why_and_is_gone(hub: Hub) -> None:
    anna, ben = enter(hub, "anna"), enter(hub, "ben")
    bye = Bye(code="account-disabled", reconnect=False, text="No more.")
    assert hub.apply(anna, Dismiss(bye)) == [Departure(anna, "account-disabled", bye)]
    assert hub.news() == [Delivery((ben,), Users(room="lobby", users=User.named("ben")))]
    assert hub.apply(anna, Dismiss(bye)) == []
