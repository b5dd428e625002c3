"""Old messages are deleted as configured, but never a direct message that nobody has read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from schema.messages import Direct, Dm, Ping, Pm, Pong, Resumed
from server.errors import StoreError
from server.service import Service
from server.store import Device, Row, Store
from tests.conftest import Connect, Serve
from tests.peer import Peer
from tests.server.fake_clock import FakeClock

OLD, NEW, LATER = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z", "2026-01-15T00:00:00.000Z"


def seqs(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as database:
        return [seq for (seq,) in database.execute("SELECT seq FROM message ORDER BY seq")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "messages.db"


def public(time: str) -> Row:
    return Row(time, "anna", "lobby", None, "x")


def direct(time: str) -> Row:
    return Row(time, "anna", None, "ben", "x")


@pytest.mark.parametrize(
    ("rows", "places", "left"),
    [
        ([public(OLD), public(OLD), public(NEW)], {}, [3]),
        ([public(NEW), public(NEW)], {}, [1, 2]),
        ([public(OLD), public(OLD)], {}, [2]),
        ([direct(OLD), public(OLD), public(NEW)], {}, [1, 3]),
        ([direct(OLD), direct(OLD), public(NEW)], {("ben", "desk"): 1}, [2, 3]),
        ([direct(OLD), direct(OLD), public(NEW)], {("ben", "desk"): 1, ("ben", "phone"): 2}, [3]),
        ([direct(OLD), public(NEW)], {("anna", "desk"): 2, ("carol", ""): 2}, [1, 2]),
        ([direct(OLD), public(NEW)], {("ben", "desk"): 0}, [1, 2]),
    ],
    ids=["old", "new", "newest", "unread", "read in part", "read on another", "read by others", "at the beginning"],
)
def test_what_is_deleted(store: Store, path: Path, rows: list[Row], places: dict[Device, int], left: list[int]) -> None:
    store.write(rows, places)
    assert store.forget(LATER, 100) == len(rows) - len(left)
    assert seqs(path) == left


def test_the_oldest_go_first_and_no_more_than_so_many_at_once(store: Store, path: Path) -> None:
    store.write([public(OLD)] * 10, {})
    assert [store.forget(LATER, 4) for _ in range(4)] == [4, 4, 1, 0]
    assert seqs(path) == [10]


def test_numbers_go_on_though_all_but_the_newest_are_gone(store: Store, path: Path) -> None:
    store.write([public(OLD)] * 5, {})
    store.forget("9999", 100)
    store.close()
    with closing(Store(path)) as again:
        assert again.last_seq == 5
        assert again.write([public(NEW)], {}) == 6


def test_what_is_deleted_makes_the_size_smaller(store: Store) -> None:
    store.write([Row(OLD, "anna", "lobby", None, "x" * 4000)] * 500, {})
    full = store.size()
    assert full > 2_000_000
    store.forget("9999", 500)
    assert store.size() < full / 10


def test_what_cannot_be_deleted_is_a_store_error(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="cannot be deleted"):
        store.forget("9999", 1)


def clean(service: Service, peer: Peer, before: str, mib: float = 0.0) -> None:
    """As the ticker asks for it, and until the journal has gone on to what was asked after it."""
    service._journal.clean(before, mib)
    while service._journal._cleaning is not None:
        peer.sync()


def kept(connect: Connect, service: Service) -> list[int]:
    peer = connect("reader", at=service.address, since=0)
    peer.receive_until(Resumed)
    return peer.numbers()


def test_by_age_and_whoever_resumes_gets_what_is_left(serve: Serve, connect: Connect, clock: FakeClock) -> None:
    service = serve(clock=clock)
    anna = connect("anna", at=service.address)
    anna.publish(Pm(id="1", text="old"))
    clock.forward(10)
    anna.publish(Pm(id="2", text="new"))
    clean(service, anna, clock.utc(ago=5))
    assert kept(connect, service) == [2]


def test_by_size_the_oldest_go_until_it_fits(serve: Serve, connect: Connect) -> None:
    service = serve()
    anna = connect("anna", at=service.address)
    for number in range(1500):
        anna.send(Pm(id=f"m{number}", text="x" * 2000))
    anna.answer("m1499")
    clean(service, anna, "", mib=2.0)
    anna.others.clear()
    reader = connect("reader", at=service.address, since=0)
    first = reader.receive_until(Ping)
    assert first.id != "read-100"
    assert 0 < 1500 - int(first.id.removeprefix("read-")) < 1100


def test_a_direct_message_waits_for_its_receiver_and_goes_once_read(serve: Serve, connect: Connect) -> None:
    service = serve()
    connect("ben", at=service.address, client="desk").close()
    anna = connect("anna", at=service.address)
    anna.publish(Dm(id="1", to="ben", text="Read me"))
    anna.publish(Pm(id="2", text="the newest"))
    clean(service, anna, "9999")
    ben = connect("ben", at=service.address, client="desk")
    assert ben.receive_until(Direct).text == "Read me"
    clean(service, anna, "9999")
    ben.send(Pong(re=ben.receive_until(Ping).id))
    ben.sync()
    clean(service, anna, "9999")
    ben.close()
    assert kept(connect, service) == [2]
    again = connect("ben", at=service.address, client="phone", since=0)
    again.receive_until(Resumed)
    assert again.numbers() == [2]


def test_the_ticker_asks_for_it_as_often_as_configured(serve: Serve, connect: Connect) -> None:
    """What was said is older than 1 ms when the second one is said."""
    address = serve(clean_every=0.0, users_every=0.05, keep_days=1e-9).address
    anna = connect("anna", at=address)
    for number in range(1, 4):
        anna.publish(Pm(id=str(number), text="x"))
    while True:
        with connect("reader", at=address, since=0) as reader:
            reader.receive_until(Resumed)
            if reader.numbers() == [3]:
                break
