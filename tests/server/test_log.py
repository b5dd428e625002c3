from __future__ import annotations

import json
import re
import threading

import pytest

from schema.messages import Dm, Login, Pm
from server.log import EventLog
from tests.conftest import Connect
from tests.server.fake_clock import FakeClock

Captured = pytest.CaptureFixture[str]


def test_a_line_of_text_is_the_time_the_event_and_what_is_known(clock: FakeClock, capsys: Captured) -> None:
    EventLog("text", clock).write("login", connection=3, address="127.0.0.1:5000", user="anna", reason=None)
    assert capsys.readouterr().err == "2026-03-01T09:00:00.000Z login connection=3 address=127.0.0.1:5000 user=anna\n"


def test_a_line_of_json_is_an_object_of_the_same(clock: FakeClock, capsys: Captured) -> None:
    EventLog("json", clock).write("login", connection=3, user="anna", reason=None)
    line = capsys.readouterr().err
    expected = {"time": "2026-03-01T09:00:00.000Z", "event": "login", "connection": 3, "user": "anna"}
    assert json.loads(line) == expected


@pytest.mark.parametrize("said", ["two words", "a\nlogin user=mallory", "\x1b[31m", "Grüße", "\u202e", "", "\x9b"])
def test_nothing_that_is_said_can_forge_a_line_or_reach_the_terminal(
    said: str, clock: FakeClock, capsys: Captured
) -> None:
    EventLog("text", clock).write("refused", at=said)
    EventLog("json", clock).write("refused", at=said)
    text, line = capsys.readouterr().err.splitlines()
    assert text.isascii()
    assert text.isprintable()
    assert text.removeprefix("2026-03-01T09:00:00.000Z refused at=") in (json.dumps(said), said)
    assert json.loads(line)["at"] == said


def test_lines_of_many_threads_stay_whole(clock: FakeClock, capsys: Captured) -> None:
    log = EventLog("text", clock)
    start = threading.Barrier(4)

    def write(name: str) -> None:
        start.wait()
        for number in range(200):
            log.write("event", by=name, number=number)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 800
    assert all(re.fullmatch(r"\S+ event by=[abcd] number=\d+", line) for line in lines)


def test_a_whole_conversation_leaves_no_password_and_no_text(connect: Connect, capsys: Captured) -> None:
    anna = connect()
    anna.refused(Login(id="1", name="anna", password="hunter2-mistyped"))
    anna.ask(Login(id="2", name="anna", register=True, password="hunter2-right"))
    ben = connect("ben")
    ben.publish(Pm(id="1", text="hunter2 is what I said"))
    ben.publish(Dm(id="2", to="anna", text="hunter2 between us"))
    ben.refused(Pm(id="3", room="attic", text="hunter2 to nobody"))
    carol = connect()
    carol.refused(Login(id="1", name="anna", password="hunter2-wrong"))
    for octets in (b"<login><password>hunter2-broken</password>", b"<pm>hunter2", b"hunter2"):
        carol.send_octets((len(octets) + 4).to_bytes(4, "big") + octets)
    carol.sync()
    carol.send_octets(b"\0\0\0\x40<login><password>hunter2-cut")
    for peer in (anna, ben, carol):
        peer.close()
    log = capsys.readouterr().err
    assert "user=anna" in log
    assert "code=wrong-password" in log
    assert "code=not-well-formed" in log
    assert "hunter2" not in log
