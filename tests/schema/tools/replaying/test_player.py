"""Against real servers, and against one that answers what it was told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from schema.framing import frame
from schema.tools.line import Line
from schema.tools.replaying.heard import About
from schema.tools.replaying.player import Player
from schema.tools.replaying.stand_ins import Passwords
from server.service import Service
from tests.conftest import Serve
from tests.peer import PATIENCE
from tests.schema.tools.replaying.conftest import script
from tests.schema.tools.traffic import GREETING, TIME, document

Play = Callable[..., Player]

#: As the servers of the tests greet.
GREETED = GREETING.strip()[3:]
LOGIN = '{0} C: <login id="1" name="{1}" register="true"><password>********</password></login>\n'
WELCOME = '{0} S: <welcome re="1" name="{1}" room="lobby" seq="0" place="0" registered="true">{2}</welcome>\n'


def logged_in(connection: int, name: str, *others: str) -> str:
    users = "".join(f'<user name="{one}"/>' for one in (*others, name))
    return f"{connection} S: {GREETED}\n{LOGIN}{WELCOME}".format(connection, name, users).replace(
        "{0}", str(connection)
    )


def play(capture: str, address: tuple[str, int], timeout: float = PATIENCE) -> Player:
    player = Player(script(capture), lambda: Line.connect(*address, PATIENCE), Passwords(), timeout)
    player.play()
    return player


def differences(player: Player) -> list[tuple[About, int | None]]:
    """But for the greeting, which says the limits of the real server."""
    found = [(one.about, one.expected.frame if one.expected else None) for one in player.differences()]
    return [one for one in found if one[0] is not About.GREETING]


def test_each_client_waits_for_what_had_come_before_it_spoke(service: Service) -> None:
    """Bob writes to Alice, who had to be there first, and she writes back what he has to have said first."""
    capture = (
        logged_in(1, "alice")
        + logged_in(2, "bob", "alice")
        + """
        2 C: <dm id="2" to="alice"><text>Are you there?</text></dm>
        2 S: <ok re="2" seq="1" time="2026-03-01T09:00:00.000Z"/>
        1 S: <direct seq="1" from="bob" to="alice" time="2026-03-01T09:00:00.000Z"><text>Are you there?</text></direct>
        1 C: <dm id="2" to="bob"><text>Yes.</text></dm>
        1 S: <ok re="2" seq="2" time="2026-03-01T09:00:00.000Z"/>
        1 S: <direct seq="2" from="alice" to="bob" time="2026-03-01T09:00:00.000Z"><text>Yes.</text></direct>
        2 S: <direct seq="1" from="bob" to="alice" time="2026-03-01T09:00:00.000Z"><text>Are you there?</text></direct>
        2 S: <direct seq="2" from="alice" to="bob" time="2026-03-01T09:00:00.000Z"><text>Yes.</text></direct>
        """
    )
    player = play(capture, service.address)
    assert differences(player) == []
    assert (player.played.sent, player.played.late, player.played.unsent) == (4, [], [])


def test_what_the_capture_does_not_hold_is_not_sent_and_not_waited_for(service: Service) -> None:
    error = '<error code="invalid" action="modify"><text/></error>'
    capture = f"1 S: {GREETED}\n1 C: lost\n1 S: {error}\n" + '1 C: <ping id="2"/>\n1 S: <pong re="2"/>'
    player = play(capture, service.address)
    assert differences(player) == []
    assert [said.frame for said in player.played.unsent] == [2]


def test_a_number_is_asked_for_as_this_server_counts(serve: Serve) -> None:
    service = serve()
    posted = "".join(
        f'1 C: <pm id="m{seq}"><text>{seq}</text></pm>\n1 S: <ok re="m{seq}" seq="{seq}" time="{TIME}"/>\n'
        for seq in (941, 955, 970)
    )
    said = f'<broadcast seq="955" room="lobby" from="alice" time="{TIME}"><text>955</text></broadcast>'
    history = f'1 C: <history id="h" after="941" limit="1"/>\n1 S: <page re="h" more="true">{said}</page>\n'
    player = play(logged_in(1, "alice") + posted + history, service.address)
    assert [one for one in differences(player) if one[0] is About.ANSWER] == []


class Scripted:
    """A server that greets, answers what it is told to, and closes after `last` documents."""

    def __init__(self, answers: list[bytes], *, last: bool) -> None:
        self._answers, self._last = answers, last
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listening.getsockname()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Scripted:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._listening.close()

    def _run(self) -> None:
        connected, _ = self._listening.accept()
        with connected, contextlib.suppress(OSError):
            for answer in self._answers:
                connected.sendall(frame(answer))
            if not self._last:
                self._done.wait()


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    with contextlib.ExitStack() as running:
        yield lambda *answers, last: running.enter_context(Scripted([*answers], last=last))


PINGS = f"1 S: {GREETED}\n" + '1 C: <ping id="1"/>\n1 S: <pong re="1"/>\n1 C: <ping id="2"/>\n1 S: <pong re="2"/>'


def test_an_answer_that_never_comes_is_waited_for_once(scripted: Callable[..., Scripted]) -> None:
    server = scripted(document(GREETED), last=False)
    player = play(PINGS, server.address, timeout=0.05)
    assert differences(player) == [(About.ANSWER, 3), (About.ANSWER, 5)]


def test_a_server_that_hangs_up_is_not_waited_for(scripted: Callable[..., Scripted]) -> None:
    """The patience is an hour."""
    server = scripted(document(GREETED), last=True)
    player = play(PINGS, server.address, timeout=3600)
    assert differences(player) == [(About.ANSWER, 3), (About.ANSWER, 5)]


def test_what_cannot_be_read_is_told(scripted: Callable[..., Scripted]) -> None:
    server = scripted(document(GREETED), b"<pong", last=True)
    assert (
        play(PINGS, server.address).played.broken[0].startswith("connection 1: what the server said cannot be read: ")
    )


def test_the_pace_that_the_greeting_asks_for_is_kept(serve: Serve) -> None:
    """Above it the server would refuse what the capture shows to be answered."""
    service = serve(rate=50.0, burst=5)
    pings = "".join(f'1 C: <ping id="p{at}"/>\n' for at in range(12))
    pongs = "".join(f'1 S: <pong re="p{at}"/>\n' for at in range(12))
    assert differences(play(logged_in(1, "alice") + pings + pongs, service.address)) == []
