from __future__ import annotations

import pytest

from server.config import LOBBY
from server.rooms import Room, Rooms
from tests.server.members import FakeMember


@pytest.fixture
def rooms() -> Rooms:
    return Rooms()


def names(changed: list[Room]) -> list[str]:
    return [room.name for room in changed]


def test_the_lobby_is_there_before_anybody(rooms: Rooms) -> None:
    assert [(room.name, room.count, room.users) for room in rooms.all] == [(LOBBY, 0, ())]


def test_whoever_enters_is_in_the_lobby(rooms: Rooms) -> None:
    anna = FakeMember("anna")
    assert rooms.joined(anna) == 0
    assert names(rooms.enter(anna)) == [LOBBY]
    assert anna in rooms.lobby
    assert rooms.joined(anna) == 1
    assert rooms.connections("anna") == (anna,)


def test_the_first_makes_a_room_and_the_last_takes_it_away(rooms: Rooms) -> None:
    anna, ben = FakeMember("anna"), FakeMember("ben")
    for member in (anna, ben):
        rooms.enter(member)
        assert names(rooms.join(member, "tea")) == ["tea"]
    assert names(rooms.all) == [LOBBY, "tea"]
    assert names(rooms.part(anna, "tea")) == ["tea"]
    assert names(rooms.part(ben, "tea")) == []
    assert rooms["tea"] is None


def test_joining_or_parting_twice_changes_nothing(rooms: Rooms) -> None:
    anna = FakeMember("anna")
    rooms.enter(anna)
    rooms.join(anna, "tea")
    assert rooms.join(anna, "tea") == []
    rooms.part(anna, "tea")
    assert rooms.part(anna, "tea") == []


def test_leaving_empties_every_room_and_names_those_that_remain(rooms: Rooms) -> None:
    anna, ben = FakeMember("anna"), FakeMember("ben")
    for member in (anna, ben):
        rooms.enter(member)
        rooms.join(member, "tea")
    rooms.join(anna, "attic")
    assert sorted(names(rooms.leave(anna))) == [LOBBY, "tea"]
    assert names(rooms.all) == [LOBBY, "tea"]
    assert rooms.joined(anna) == 0
    assert rooms.leave(anna) == []


def test_a_user_with_two_connections_is_listed_once_until_the_last_is_gone(rooms: Rooms) -> None:
    desk, phone = FakeMember("anna"), FakeMember("anna")
    assert names(rooms.enter(desk)) == [LOBBY]
    assert names(rooms.enter(phone)) == []
    assert rooms.lobby.users == ("anna",)
    assert rooms.lobby.count == 1
    assert rooms.lobby.members == (desk, phone)
    assert names(rooms.leave(desk)) == []
    assert rooms.connections("anna") == (phone,)
    assert names(rooms.leave(phone)) == [LOBBY]
    assert rooms.connections("anna") == ()


def test_a_room_belongs_to_the_connection_and_not_to_the_user(rooms: Rooms) -> None:
    desk, phone = FakeMember("anna"), FakeMember("anna")
    rooms.enter(desk)
    rooms.enter(phone)
    rooms.join(desk, "tea")
    tea = rooms["tea"]
    assert tea is not None
    assert desk in tea
    assert phone not in tea


def test_users_are_listed_in_alphabetical_order(rooms: Rooms) -> None:
    for name in ("zoe", "anna", "mia"):
        rooms.enter(FakeMember(name))
    assert rooms.lobby.users == ("anna", "mia", "zoe")


def test_the_members_are_one_object_until_they_change(rooms: Rooms) -> None:
    """The mail joins what goes to the same audience, and asks with `is`."""
    rooms.enter(FakeMember("anna"))
    before = rooms.lobby.members
    assert rooms.lobby.members is before
    rooms.enter(FakeMember("ben"))
    assert rooms.lobby.members is not before
    assert len(before) == 1


def test_the_rooms_of_a_user_are_those_of_all_connections(rooms: Rooms) -> None:
    desk, phone = FakeMember("anna"), FakeMember("anna")
    for member, room in ((desk, "tea"), (phone, "attic"), (FakeMember("ben"), "cellar")):
        rooms.enter(member)
        rooms.join(member, room)
    assert names(rooms.of_user("anna")) == ["attic", LOBBY, "tea"]
    assert rooms.of_user("nobody") == []
