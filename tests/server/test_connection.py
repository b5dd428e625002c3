"""One connection over a pair of sockets, with a clock that stands still and without a listener or a ticker."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from schema.codec import encode
from schema.framing import frame
from schema.messages import Bye, Error, Greeting, Login, Ping, Pong, User, Users, Welcome
from server.addresses import Addresses
from server.archive import Archive
from server.blocks import Blocks
from server.catch_up import CatchUps
from server.config import Config
from server.connection import Caller, Connection, Surroundings
from server.delivery import Delivery
from server.hub import Hub
from server.journal import Journal
from server.log import EventLog
from server.moderation import Moderation
from server.sanctions import Sanctions
from server.store import Store
from server.throttle import Throttle
from tests.conftest import MakeConfig
from tests.peer import PATIENCE, Peer
from tests.server.fake_clock import FakeClock
from tests.server.sessions import Book

BYE = Bye(code="shutdown", reconnect=True, text="So long.")


class Pair:
    """A connection and the peer at the other end of it."""

    def __init__(self, around: Surroundings, *, started: bool = True) -> None:
        near, far = socket.socketpair()
        self._delivery = around.delivery
        self.connection = Connection(1, Caller(near, "here", 1), around)
        self.peer = Peer(far)
        if started:
            self.connection.thread.start()
            self.peer.receive_until(Greeting)

    def send(self, frames: bytes) -> None:
        self._delivery.broadcast((self.connection,), frames)

    def close(self) -> None:
        self.peer.close()
        if self.connection.thread.ident is None:
            self.connection.thread.start()
        self.connection.thread.join()


Start = Callable[..., Pair]


@pytest.fixture
def start(
    tmp_path: Path, clock: FakeClock, config: MakeConfig, accounts: Book, sanctions: Sanctions, blocks: Blocks
) -> Iterator[Start]:
    with ExitStack() as parts:

        def pair(*, started: bool = True, **changes: float) -> Pair:
            chosen: Config = config(**changes)
            log = EventLog("text", clock)
            store = Store(tmp_path / "messages.db")
            archive = Archive(tmp_path / "messages.db")
            hub = Hub(chosen, clock, sanctions, blocks.holds)
            addresses = Addresses(chosen, clock)
            addresses.enter("here")
            delivery = Delivery(clock, chosen.stalled_after, None)
            journal = Journal(hub, store, CatchUps(hub, archive), delivery, log, chosen)
            parts.callback(store.close)
            parts.callback(archive.close)
            parts.callback(delivery.stop)
            parts.callback(journal.stop)
            delivery.start()
            journal.start()
            moderation = Moderation(accounts, sanctions, clock, log)
            throttle = Throttle(chosen, clock)
            around = Surroundings(
                chosen, clock, accounts, blocks, moderation, archive, addresses, throttle, journal, delivery, log, None
            )
            made = Pair(around, started=started)
            parts.callback(made.close)
            return made

        yield pair


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Callable[[Pair], str]:
    """Waits for the end of a connection and returns the reason that the log gives."""

    def reason(pair: Pair) -> str:
        pair.peer.close()
        pair.connection.thread.join(PATIENCE)
        [line] = [line for line in capsys.readouterr().err.splitlines() if " closed " in line]
        return line.rpartition("reason=")[2]

    return reason


Logged = Callable[[Pair], str]


def test_it_greets_and_answers(start: Start) -> None:
    peer = start().peer
    peer.send(Ping(id="7"))
    assert peer.receive() == Pong(re="7")


def test_ended_from_elsewhere_it_says_why_and_closes(start: Start, logged: Logged) -> None:
    pair = start()
    pair.connection.end(BYE)
    pair.connection.end(Bye(code="internal", reconnect=True, text="Too late."))
    pair.peer.expect_bye("shutdown")
    assert pair.peer.others == []
    assert logged(pair) == "shutdown"


def test_ended_before_its_thread_has_begun_it_ends_all_the_same(start: Start, logged: Logged) -> None:
    """As when the server stops just after it has accepted."""
    pair = start(started=False)
    pair.connection.end(BYE)
    pair.connection.thread.start()
    pair.peer.expect_bye("shutdown")
    assert logged(pair) == "shutdown"


def test_finished_it_sends_what_is_queued_first(start: Start, logged: Logged) -> None:
    pair = start()
    for number in range(100):
        pair.send(frame(encode(Pong(re=str(number)))))
    pair.connection.finish("logout")
    pair.peer.expect_closed()
    assert pair.peer.others == [Pong(re=str(number)) for number in range(100)]
    assert logged(pair) == "logout"


def test_too_far_behind_it_is_told_so_and_gets_no_more(start: Start, logged: Logged) -> None:
    pair = start(outbox=1000)
    # More than the socket takes, and what is sent at once.
    for _ in range(200):
        pair.send(frame(encode(Users(room="lobby", users=User.named("a-rather-long-name-of-a-user") * 100))))
    pair.send(frame(encode(Pong(re="late"))))
    pair.peer.expect_bye("too-slow")
    assert Pong(re="late") not in pair.peer.others
    assert logged(pair) == "too-slow"


def test_given_up_it_ends_without_a_word(start: Start, logged: Logged) -> None:
    pair = start()
    pair.connection.give_up()
    pair.peer.expect_closed()
    assert pair.peer.others == []
    assert logged(pair) == "too-slow"


@pytest.mark.parametrize(("octets", "reason"), [(b"", "disconnected"), (b"\0", "cut-in-frame")])
def test_the_reason_of_an_end_by_the_client(start: Start, logged: Logged, octets: bytes, reason: str) -> None:
    pair = start()
    pair.peer.send_octets(octets)
    pair.peer.close()
    assert logged(pair) == reason


def test_the_deadlines_are_kept(start: Start, clock: FakeClock, logged: Logged) -> None:
    pair = start(login_within=100, ping_every=20)
    pair.connection.tick(9.0)
    pair.connection.tick(10.0)
    assert pair.peer.receive() == Ping(id="server-1")
    pair.connection.tick(20.0)
    pair.peer.expect_bye("ping-timeout")
    # Nothing is said after the goodbye, however often the ticker comes.
    pair.connection.tick(100.0)
    assert logged(pair) == "ping-timeout"


def test_any_frame_is_a_sign_of_life(start: Start, clock: FakeClock) -> None:
    pair = start(login_within=100, ping_every=20)
    clock.forward(15)
    pair.peer.send_octets(frame(b"nonsense"))
    assert isinstance(pair.peer.receive(), Error)
    pair.connection.tick(24.0)
    assert pair.peer.sync() == []


def test_whoever_is_logged_in_has_no_deadline_for_it(start: Start) -> None:
    pair = start(login_within=10)
    pair.peer.login("anna")
    pair.connection.tick(11.0)
    assert isinstance(pair.peer.sync()[0], Users)


def test_a_mistake_of_ours_ends_this_connection_with_an_apology(start: Start, logged: Logged, accounts: Book) -> None:
    pair = start()
    accounts.failure = ZeroDivisionError("a mistake")
    pair.peer.send(Login(id="1", name="anna"))
    assert pair.peer.expect_bye("internal").reconnect
    assert logged(pair) == "internal"


def test_the_last_words_arrive_though_the_client_goes_on_sending(start: Start) -> None:
    pair = start()
    pair.peer.send_octets(b"GET / HTTP/1.1\r\n\r\n" + b"x" * 500_000)
    error = pair.peer.receive()
    assert isinstance(error, Error)
    assert error.code == "not-a-frame"
    pair.peer.expect_bye("not-a-frame")


def test_one_read_may_hold_many_frames_and_the_end(start: Start, logged: Logged) -> None:
    pair = start()
    commands = [Ping(id="1"), Login(id="2", name="anna", password="x", register=True), Ping(id="3")]
    pair.peer.send_octets(
        b"".join(frame(encode(command)) for command in commands) + frame(b"<") + b"\0\0\0\0" + b"more"
    )
    pair.peer.expect_bye("not-a-frame")
    # The welcome comes from the journal, which may be slower than the end.
    said = [message.element for message in pair.peer.others if not isinstance(message, Users | Welcome)]
    assert said == ["pong", "pong", "error", "error"]
    assert logged(pair) == "not-a-frame"


def test_whoever_says_something_seldom_does_not_keep_a_parser(
    start: Start, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[str] = []
    monkeypatch.setattr("server.connection.forget", lambda: forgotten.append(threading.current_thread().name))
    pair = start()
    pair.peer.login("anna")
    # The second answer comes when everything is done that followed from the first.
    for _ in range(3):
        pair.peer.sync()
        assert forgotten == ["connection-1"]
    clock.forward(10)
    for _ in range(2):
        pair.peer.sync()
    assert forgotten == ["connection-1"] * 2
