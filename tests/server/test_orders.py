"""What the hub makes of orders, and of those whom something keeps out or lets say nothing."""

from __future__ import annotations

from typing import Any

import pytest

from schema.messages import Bye, Dm, Message, Notice, Ok, Pm, Sanction, User, Users
from server.hub import Hub
from server.networks import read_network
from server.orders import Ordered, Remove, Roles, Tell
from server.requests import Enter, Leave
from server.sanctions import Sanctions
from server.steps import Arrival, Delivery, Departure, Draft, Refused, Step
from tests.conftest import MakeConfig
from tests.server.fake_clock import FakeClock
from tests.server.members import FakeMember

KICKED = Bye(code="kicked", reconnect=False, text="Out.")


@pytest.fixture
def hub(config: MakeConfig, clock: FakeClock, sanctions: Sanctions) -> Hub:
    return Hub(config(), clock, sanctions, lambda user, sender: False)


def enter(hub: Hub, name: str, host: str = "127.0.0.1", **more: Any) -> FakeMember:
    member = FakeMember(name, host)
    hub.apply(member, Enter("0", registered=False, **more))
    hub.rooms.release(member)
    hub.news()
    return member


def told(steps: list[Step]) -> list[tuple[tuple[str, ...], Message]]:
    """Who is told what."""
    return [
        (tuple(str(member) for member in step.audience), step.message) for step in steps if isinstance(step, Delivery)
    ]


def gone(steps: list[Step]) -> list[tuple[Any, str, Bye | None]]:
    return [(step.member, step.reason, step.message) for step in steps if isinstance(step, Departure)]


def impose(sanctions: Sanctions, clock: FakeClock, kind: str, **more: Any) -> None:
    sanctions.impose(Sanction(kind=kind, time=clock.utc(), **more))


def test_a_user_is_removed_with_all_connections_and_then_the_moderator_is_answered(hub: Hub) -> None:
    anna, desk, phone, other = (enter(hub, name) for name in ("anna", "ben", "ben", "carol"))
    steps = hub.apply(anna, Ordered("7", (Remove(KICKED, "ben"),)))
    assert gone(steps) == [(desk, "kicked", KICKED), (phone, "kicked", KICKED)]
    assert told(steps[2:]) == [(("anna",), Ok(re="7"))]
    assert told(hub.news()) == [(("anna", "carol"), Users(room="lobby", users=User.named("anna", "carol")))]
    # What they had asked for since, and that they leave, is passed over.
    assert hub.apply(desk, Pm(id="1", text="?")) == hub.apply(phone, Leave()) == []
    assert hub.rooms.connections("carol") == (other,)


def test_a_network_is_removed_but_for_those_with_a_role(hub: Hub) -> None:
    hub.carry_out(Roles({"anna": "moderator"}))
    enter(hub, "anna", "192.0.2.1")
    inside, mapped = enter(hub, "ben", "192.0.2.9"), enter(hub, "carol", "::ffff:192.0.2.8")
    enter(hub, "ben", "198.51.100.1")
    steps = hub.carry_out(Remove(KICKED, network=read_network("192.0.2.0/24")))
    assert gone(steps) == [(inside, "kicked", KICKED), (mapped, "kicked", KICKED)]
    assert hub.rooms.lobby.users == ("anna", "ben")


def test_one_who_is_not_here_is_removed_without_a_word(hub: Hub) -> None:
    assert hub.carry_out(Remove(KICKED, "nobody")) == []


def test_what_is_on_disk_is_carried_out_though_the_moderator_is_gone(hub: Hub) -> None:
    anna, ben = enter(hub, "anna"), enter(hub, "ben")
    hub.apply(anna, Leave())
    assert gone(hub.apply(anna, Ordered("7", (Remove(KICKED, "ben"),)))) == [(ben, "kicked", KICKED)]


def test_a_notice_goes_to_all_connections_of_a_user_or_to_everyone(hub: Hub) -> None:
    notice = Notice(code="muted", time="2026-03-01T09:00:00.000Z", text="Hush.")
    for name in ("anna", "ben", "ben"):
        enter(hub, name)
    hub.apply(late := FakeMember("carol"), Enter("0", registered=False))
    assert told(hub.carry_out(Tell(notice, "ben"))) == [(("ben", "ben"), notice)]
    # Also to those who are still being sent what they missed: only messages wait.
    assert told(hub.carry_out(Tell(notice))) == [(("anna", "ben", "ben", str(late)), notice)]


def test_roles_are_in_the_lists_and_whoever_has_another_one_is_told(hub: Hub) -> None:
    enter(hub, "anna", rooms=("tea",))
    enter(hub, "ben")
    [(to_anna, notice)] = told(hub.carry_out(Roles({"anna": "admin", "zoe": "moderator"})))
    assert (to_anna, notice.element, getattr(notice, "code", "")) == (("anna",), "notice", "role")
    admin, plain = User("anna", "admin"), User("ben")
    assert told(hub.news()) == [
        (("anna", "ben"), Users(room="lobby", users=(admin, plain))),
        (("anna",), Users(room="tea", users=(admin,))),
    ]
    # The same again is no news.
    assert hub.carry_out(Roles({"anna": "admin", "zoe": "moderator"})) == hub.news() == []
    assert [to for to, _ in told(hub.carry_out(Roles({"ben": "moderator"})))] == [("anna",), ("ben",)]
    assert told(hub.news())[0][1] == Users(room="lobby", users=(User("anna"), User("ben", "moderator")))


def test_whoever_enters_is_told_the_own_role_and_those_of_others(hub: Hub) -> None:
    hub.carry_out(Roles({"anna": "admin", "ben": "moderator"}))
    enter(hub, "anna")
    arrival, _ = hub.apply(FakeMember("ben"), Enter("1", registered=False))
    assert isinstance(arrival, Arrival)
    welcome = arrival.welcome(0, 0)
    assert (welcome.role, welcome.users) == ("moderator", (User("anna", "admin"), User("ben", "moderator")))


@pytest.mark.parametrize("target", [{"user": "ben"}, {"address": "192.0.2.0/24"}])
def test_whoever_was_banned_while_logging_in_does_not_get_in(
    hub: Hub, sanctions: Sanctions, clock: FakeClock, target: dict[str, str]
) -> None:
    """Those who were in before have been sent away."""
    impose(sanctions, clock, "ban", **target)
    ben = FakeMember("ben", "192.0.2.9")
    refused, departure = hub.apply(ben, Enter("1", registered=False))
    assert isinstance(refused, Refused)
    assert (refused.refusal.code.name, refused.refusal.re) == ("banned", "1")
    assert isinstance(departure, Departure)
    assert departure.message is not None
    assert (departure.message.code, departure.message.reconnect) == ("banned", False)
    assert hub.rooms.connections("ben") == ()
    assert hub.apply(ben, Leave()) == hub.news() == []


def test_a_ban_of_an_address_lets_those_in_who_have_a_role(hub: Hub, sanctions: Sanctions, clock: FakeClock) -> None:
    impose(sanctions, clock, "ban", address="192.0.2.0/24")
    hub.carry_out(Roles({"ben": "moderator"}))
    arrival, *_ = hub.apply(FakeMember("ben", "192.0.2.9"), Enter("1", registered=False))
    assert isinstance(arrival, Arrival)


def test_a_mute_holds_for_what_is_public_and_until_it_ends(hub: Hub, sanctions: Sanctions, clock: FakeClock) -> None:
    ben = enter(hub, "ben")
    impose(sanctions, clock, "mute", user="ben", until=clock.utc(ago=-60))
    [refused] = hub.apply(ben, Pm(id="1", text="Hello?"))
    assert isinstance(refused, Refused)
    assert (refused.refusal.code.name, refused.refusal.re, refused.refusal.retry) == ("muted", "1", 60)
    [direct] = hub.apply(ben, Dm(id="2", to="anna", text="Hello?"))
    assert isinstance(direct, Draft)
    assert direct.refusal is None
    clock.forward(60)
    [said] = hub.apply(ben, Pm(id="3", text="Hello!"))
    assert isinstance(said, Draft)


def test_what_may_have_been_said_before_the_mute_is_looked_up_first(
    hub: Hub, sanctions: Sanctions, clock: FakeClock
) -> None:
    ben = enter(hub, "ben", client="desk")
    impose(sanctions, clock, "mute", user="ben")
    [draft] = hub.apply(ben, Pm(id="1", text="Hello?"))
    assert isinstance(draft, Draft)
    assert (draft.unpublished().code.name, draft.audience) == ("muted", ())
