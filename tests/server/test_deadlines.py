from __future__ import annotations

import pytest

from schema.messages import Bye, Ping
from server.config import Config
from server.deadlines import Deadlines
from tests.conftest import MakeConfig


@pytest.fixture
def limits(config: MakeConfig) -> Config:
    return config(login_within=60, frame_within=30, ping_every=40)


def due(deadlines: Deadlines, now: float) -> str | None:
    """What is due: the code of a bye, or the id of a ping."""
    found = deadlines.due(now)
    return found.code if isinstance(found, Bye) else found.id if isinstance(found, Ping) else None


def test_whoever_does_not_log_in_is_told_to_go(limits: Config) -> None:
    deadlines = Deadlines(limits, 100)
    deadlines.heard(150, complete=True, partial=False)
    assert due(deadlines, 159.9) is None
    assert due(deadlines, 160) == "login-timeout"


def test_whoever_is_logged_in_has_all_the_time(limits: Config) -> None:
    deadlines = Deadlines(limits, 0)
    deadlines.logged_in()
    deadlines.heard(60, complete=True, partial=False)
    assert due(deadlines, 61) is None


def test_silence_is_asked_and_then_given_up(limits: Config) -> None:
    deadlines = Deadlines(limits, 0)
    assert due(deadlines, 19.9) is None
    assert due(deadlines, 20) == "server-1"
    assert due(deadlines, 25) is None
    assert due(deadlines, 40) == "ping-timeout"


def test_any_octet_is_a_sign_of_life(limits: Config) -> None:
    deadlines = Deadlines(limits, 0)
    deadlines.logged_in()
    assert due(deadlines, 20) == "server-1"
    deadlines.heard(39, complete=False, partial=True)
    assert due(deadlines, 41) is None
    assert due(deadlines, 59) == "server-2"


@pytest.mark.parametrize("heard", [[(10, False)], [(10, False), (20, False), (39, False)]])
def test_a_frame_that_trickles_is_timed_from_its_first_octet(limits: Config, heard: list[tuple[float, bool]]) -> None:
    deadlines = Deadlines(limits, 0)
    deadlines.logged_in()
    for now, complete in heard:
        deadlines.heard(now, complete=complete, partial=True)
    assert due(deadlines, 39.9) in (None, "server-1")
    assert due(deadlines, 40) == "frame-timeout"


def test_the_next_frame_has_its_own_time(limits: Config) -> None:
    deadlines = Deadlines(limits, 0)
    deadlines.logged_in()
    deadlines.heard(10, complete=False, partial=True)
    deadlines.heard(39, complete=True, partial=True)
    assert due(deadlines, 45) is None
    deadlines.heard(50, complete=True, partial=False)
    deadlines.heard(70, complete=False, partial=True)
    assert due(deadlines, 80) is None


def test_while_the_server_is_at_work_nothing_is_due_and_the_time_is_nobodys(limits: Config) -> None:
    """Ten seconds of silence, fifty of work on a login with the beginning of a frame behind it, and all goes on."""
    deadlines = Deadlines(limits, 0)
    deadlines.heard(10, complete=True, partial=True)
    deadlines.begin_work(10)
    assert [due(deadlines, now) for now in (10, 40, 59.9, 500)] == [None] * 4
    deadlines.end_work(60)
    assert due(deadlines, 79.9) is None
    assert due(deadlines, 80) == "server-1"
    assert due(deadlines, 89.9) is None
    assert due(deadlines, 90) == "frame-timeout"
    deadlines.heard(95, complete=True, partial=False)
    assert due(deadlines, 109.9) is None
    assert due(deadlines, 110) == "login-timeout"


def test_what_takes_the_server_no_time_changes_nothing(limits: Config) -> None:
    deadlines = Deadlines(limits, 0)
    for now in range(60):
        deadlines.heard(now, complete=True, partial=False)
        deadlines.begin_work(now)
        deadlines.end_work(now)
    assert due(deadlines, 59.9) is None
    assert due(deadlines, 60) == "login-timeout"


@pytest.mark.parametrize("at", [60, 40, 130])
def test_every_end_says_that_coming_back_makes_sense(limits: Config, at: float) -> None:
    bye = Deadlines(limits, 0).due(at)
    assert isinstance(bye, Bye)
    assert bye.reconnect
