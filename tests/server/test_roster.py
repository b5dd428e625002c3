from __future__ import annotations

import pytest

from schema.messages import Away, Ok, User
from server.config import LOBBY
from server.rooms import Rooms
from server.roster import Roster
from tests.conftest import Connect
from tests.server.fake_clock import FakeClock
from tests.server.members import FakeMember


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


@pytest.fixture
def roster(rooms: Rooms, clock: FakeClock) -> Roster:
    return Roster(rooms, clock)


def enter(rooms: Rooms, name: str, *more: str) -> FakeMember:
    member = FakeMember(name)
    rooms.enter(member)
    for room in more:
        rooms.join(member, room)
    return member


def news(roster: Roster) -> dict[str, tuple[User, ...]]:
    return {room.name: users.users for room, users in roster.news()}


def test_a_list_that_has_changed_is_sent_once(rooms: Rooms, roster: Roster) -> None:
    roster.note(rooms.enter(FakeMember("anna")))
    assert news(roster) == {LOBBY: (User("anna"),)}
    assert news(roster) == {}


def test_somebody_who_is_away_stands_so_in_the_lists_of_all_rooms_with_them(rooms: Rooms, roster: Roster) -> None:
    enter(rooms, "anna", "tea")
    enter(rooms, "anna", "cake")
    enter(rooms, "ben", "attic")
    roster.set_away("anna", away=True)
    anna, ben = User("anna", away=True), User("ben")
    assert news(roster) == {"cake": (anna,), LOBBY: (anna, ben), "tea": (anna,)}
    roster.set_away("anna", away=False)
    assert news(roster) == {"cake": (User("anna"),), LOBBY: (User("anna"), ben), "tea": (User("anna"),)}


def test_to_be_away_twice_is_no_news(rooms: Rooms, roster: Roster) -> None:
    enter(rooms, "anna")
    roster.set_away("anna", away=False)
    assert news(roster) == {}
    roster.set_away("anna", away=True)
    news(roster)
    roster.set_away("anna", away=True)
    assert news(roster) == {}


def test_it_ends_with_the_user(rooms: Rooms, roster: Roster) -> None:
    enter(rooms, "anna")
    roster.set_away("anna", away=True)
    roster.forget("anna")
    assert roster.users(rooms.lobby) == (User("anna"),)


def test_who_goes_away_in_a_large_room_is_told_late(rooms: Rooms, roster: Roster, clock: FakeClock) -> None:
    for number in range(200):
        enter(rooms, f"user-{number}")
    roster.set_away("user-7", away=True)
    news(roster)
    assert roster.pause() is None
    roster.set_away("user-7", away=False)
    assert news(roster) == {}
    assert roster.pause() == pytest.approx(0.04)
    clock.forward(0.05)
    assert User("user-7") in news(roster)[LOBBY]


def test_a_role_stands_in_the_lists_of_all_rooms_with_the_user(rooms: Rooms, roster: Roster) -> None:
    enter(rooms, "anna", "tea")
    enter(rooms, "ben", "attic")
    assert roster.set_roles({"anna": "admin", "zoe": "moderator"}) == ["anna"]
    assert (roster.role("anna"), roster.role("zoe"), roster.role("ben")) == ("admin", "moderator", None)
    anna, ben = User("anna", "admin"), User("ben")
    assert news(roster) == {LOBBY: (anna, ben), "tea": (anna,)}
    assert roster.set_roles({"anna": "admin", "zoe": "admin"}) == []
    assert news(roster) == {}
    assert roster.set_roles({"ben": "moderator"}) == ["anna", "ben"]
    assert news(roster) == {
        "attic": (User("ben", "moderator"),),
        LOBBY: (User("anna"), User("ben", "moderator")),
        "tea": (User("anna"),),
    }


def test_a_role_stays_with_a_user_who_leaves_and_comes_back(rooms: Rooms, roster: Roster) -> None:
    roster.set_roles({"anna": "admin"})
    roster.forget("anna")
    enter(rooms, "anna")
    assert roster.users(rooms.lobby) == (User("anna", "admin"),)


def test_a_welcome_tells_who_is_away(connect: Connect) -> None:
    anna = connect("anna")
    assert anna.ask(Away(id="a")) == Ok(re="a")
    assert connect().login("ben").users == (User("anna", away=True), User("ben"))
