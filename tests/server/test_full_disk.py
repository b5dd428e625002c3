"""A disk that is full for a while: a limit on the size of files stands for it, set on a server that is running."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from schema.messages import Broadcast, Error, History, List, Ok, Page, Pm, Resumed, Rooms
from tests.conftest import Connect, StartServer
from tests.server.people import register

pytestmark = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux to limit another process")

#: Octets a file may have while the disk is full: the log on stderr stays below, what is captured and said does not.
FULL = 32 * 1024


def test_senders_are_told_readers_go_on_and_it_passes(
    start_server: StartServer, connect: Connect, data: Path, tmp_path: Path
) -> None:
    register(data, "anna", "ben")
    server = start_server("--capture", str(tmp_path / "talk.capture"))
    anna, ben = connect("anna", at=server.address), connect("ben", at=server.address)
    usual = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (FULL, usual[1]))

    answers = [anna.ask(Pm(id=f"full-{number}", text="x" * 2000)) for number in range(40)]
    kept = [answer.seq for answer in answers if isinstance(answer, Ok)]
    refused = [answer for answer in answers if isinstance(answer, Error)]
    assert {(error.code, error.action) for error in refused} == {("storage", "wait")}
    assert isinstance(anna.ask(List(id="rooms")), Rooms)

    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, usual)
    last = anna.publish(Pm(id="again", text="It fits again"))
    # Nobody was sent what is not on disk, and no number was used up by it.
    heard = [message.seq for message in ben.sync() if isinstance(message, Broadcast)]
    assert heard == [*kept, last] == list(range(1, last + 1))
    assert server.stop() == 0
    log = server.log
    assert "Traceback" not in log
    assert log.count(" not-stored ") == len(refused)
    assert log.count(" capture-ended ") == 1


def test_readers_go_on_and_what_was_refused_may_be_sent_again(
    start_server: StartServer, connect: Connect, data: Path
) -> None:
    register(data, "anna", "ben")
    server = start_server()
    anna = connect("anna", at=server.address, client="desk")
    kept = [anna.publish(Pm(id=str(number), text="x" * 2000)) for number in range(20)]
    usual = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (FULL, usual[1]))
    assert anna.refused(Pm(id="again", text="x" * 4000)) == "storage"

    ben = connect("ben", at=server.address, client="desk", since=0)
    assert ben.receive_until(Resumed).seq == kept[-1]
    assert ben.numbers() == kept
    page = ben.ask(History(id="history", limit=5))
    assert isinstance(page, Page)
    assert [message.seq for message in page.broadcasts] == kept[-5:]

    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, usual)
    # It was not remembered as posted; now it is, and only once.
    last = anna.publish(Pm(id="again", text="x" * 4000))
    assert anna.publish(Pm(id="again", text="x" * 4000)) == last == kept[-1] + 1
    assert [message.seq for message in ben.sync() if isinstance(message, Broadcast)] == [*kept, last]
    assert server.stop() == 0
    assert "Traceback" not in server.log
