from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace

import pytest
from argon2 import extract_parameters

from server.config import Hashing
from server.errors import Busy
from server.hashing import Hasher
from server.hashing_process import NICENESS, Argon2Process
from tests.cheap_server import CHEAP
from tests.conftest import ROOT
from tests.peer import PATIENCE

#: A tenth of a second, more or less: long enough to be met while it is made.
DEAR = Hashing(passes=3, memory_kib=16 * 1024, lanes=1, at_once=1, apart=False)

#: One hashes and one waits, and that is all.
CROWDED = replace(CHEAP, at_once=1, waiting=1)


@contextmanager
def hasher_of(costs: Hashing) -> Iterator[Hasher]:
    hasher = Hasher(costs)
    try:
        yield hasher
    finally:
        hasher.stop()


@pytest.fixture
def hasher() -> Iterator[Hasher]:
    with hasher_of(CHEAP) as hasher:
        yield hasher


def test_a_hash_is_of_one_password_and_of_no_other(hasher: Hasher) -> None:
    known = hasher.hash("geheim")
    assert hasher.verify(known, "geheim")
    for wrong in ("Geheim", "geheim ", "", "x" * 1000):
        assert not hasher.verify(known, wrong)


def test_no_two_hashes_are_the_same(hasher: Hasher) -> None:
    assert hasher.hash("geheim") != hasher.hash("geheim")


def test_a_hash_costs_by_default_what_the_configuration_says() -> None:
    with hasher_of(Hashing()) as hasher:
        known = hasher.hash("geheim")
        assert hasher.verify(known, "geheim")
    assert known.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [("caf\u00e9", "cafe\u0301"), ("cafe\u0301", "caf\u00e9"), ("\u1112\u1161\u11ab", "\ud55c")],
    ids=["composed", "decomposed", "hangul"],
)
def test_a_password_is_the_same_from_every_keyboard(hasher: Hasher, chosen: str, typed: str) -> None:
    assert hasher.verify(hasher.hash(chosen), typed)


def test_letters_that_only_look_alike_are_others(hasher: Hasher) -> None:
    assert not hasher.verify(hasher.hash("\u212bngstr\u00f6m\ufb01"), "\u00c5ngstr\u00f6mfi")


@pytest.mark.parametrize("known", ["", "plain", "$argon2id$plain", "$argon2id$v=19$m=8,t=1,p=1$x$y"])
def test_what_is_no_hash_is_of_no_password(hasher: Hasher, known: str) -> None:
    assert not hasher.verify(known, "plain")


def test_what_is_no_hash_is_outdated(hasher: Hasher) -> None:
    assert hasher.is_outdated("plain")


@pytest.mark.parametrize(
    ("then", "outdated"),
    [
        (Hashing(passes=2, memory_kib=8, lanes=1, apart=False), False),
        (Hashing(passes=2, memory_kib=16, lanes=1, apart=False), False),
        (Hashing(passes=3, memory_kib=8, lanes=1, apart=False), False),
        (Hashing(passes=1, memory_kib=32, lanes=4, apart=False), False),
        (Hashing(passes=1, memory_kib=8, lanes=1, apart=False), True),
    ],
)
def test_a_hash_from_cheaper_days_is_outdated_and_still_good(then: Hashing, outdated: bool) -> None:
    today = Hashing(passes=2, memory_kib=8, lanes=1, apart=False)
    with hasher_of(then) as earlier, hasher_of(today) as hasher:
        known = earlier.hash("geheim")
        assert hasher.is_outdated(known) is outdated
        assert hasher.verify(known, "geheim")


def test_nobody_has_no_password_and_costs_as_much_as_anybody() -> None:
    with hasher_of(DEAR) as hasher:
        known = hasher.hash("geheim")
        assert extract_parameters(hasher._nobody) == extract_parameters(known)
        took: dict[str, list[float]] = {known: [], hasher._nobody: []}
        for password in ("geheim", "wrong"):
            for hashed, seconds in took.items():
                began = time.process_time()
                assert hasher.verify(hashed, password) is (hashed == known and password == "geheim")
                seconds.append(time.process_time() - began)
        assert not hasher.verify_nobody("geheim")
    # In time of the processor, which does not depend on who else wants it; what is not hashed takes a thousandth.
    assert min(took[hasher._nobody]) > min(took[known]) / 2


@contextmanager
def occupied(hasher: Hasher, threads: int) -> Iterator[None]:
    """Keeps the hashing threads from taking up anything."""
    over = threading.Event()
    kept = [hasher._threads.submit(over.wait, PATIENCE) for _ in range(threads)]
    try:
        yield
    finally:
        over.set()
        assert all(one.result() for one in kept)


def test_whoever_finds_no_place_to_wait_is_sent_away_and_the_others_are_served() -> None:
    with hasher_of(CROWDED) as hasher, ThreadPoolExecutor(3) as people:
        known = hasher.hash("geheim")
        with occupied(hasher, threads=1):
            # Three come for one turn and one place to wait.
            asked = [people.submit(hasher.verify, known, "geheim") for _ in range(3)]
            done, waiting = wait(asked, PATIENCE, FIRST_COMPLETED)
            [sent_away] = done
            busy = sent_away.exception()
            assert isinstance(busy, Busy)
            assert busy.retry > 0
        assert [one.result(PATIENCE) for one in waiting] == [True, True]
        assert hasher.verify(known, "geheim")


def test_what_nobody_waits_for_when_its_turn_has_come_is_not_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def wanted() -> bool:
        asked.append(threading.current_thread().name)
        return False

    with hasher_of(CROWDED) as hasher, ThreadPoolExecutor(1) as people:
        known = hasher.hash("geheim")
        monkeypatch.setattr(hasher, "_matches", lambda *_: pytest.fail("it was hashed"))
        with occupied(hasher, threads=1):
            left = people.submit(hasher.verify, known, "geheim", wanted)
            while not hasher._threads._work_queue.qsize():
                time.sleep(0)
            assert not asked
        assert isinstance(left.exception(PATIENCE), Busy)
        assert [name.startswith("hashing") for name in asked] == [True]
        monkeypatch.undo()
        assert hasher.verify(known, "geheim")


def test_a_stop_sends_away_who_waits_and_ends_the_threads() -> None:
    with hasher_of(CROWDED) as hasher, ThreadPoolExecutor(3) as people:
        with occupied(hasher, threads=1):
            waiting = [people.submit(hasher.hash, "geheim") for _ in range(2)]
            while hasher._threads._work_queue.qsize() < 2:
                time.sleep(0)
            stopping = people.submit(hasher.stop)
            assert all(isinstance(one.exception(PATIENCE), Busy) for one in waiting)
            assert not stopping.done()
        stopping.result(PATIENCE)
        assert not hashing_threads()
        with pytest.raises(Busy):
            hasher.hash("geheim")


def test_no_more_than_so_many_hash_at_once() -> None:
    costs = replace(CHEAP, at_once=2)
    with hasher_of(costs) as hasher, ThreadPoolExecutor(20) as people:
        assert len(set(people.map(hasher.hash, ["geheim"] * 200))) == 200
        assert len(hashing_threads()) <= 2


def hashing_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("hashing")]


def test_hashing_gives_way_to_everything_else_in_a_process_that_ends_with_the_hasher() -> None:
    with hasher_of(replace(CHEAP, apart=True, at_once=1)) as hasher:
        known = hasher.hash("geheim")
        assert hasher.verify(known, "geheim")
        [process] = hasher._opened
        assert isinstance(process, Argon2Process)
        pid = process.pid or 0
        assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
        assert os.getsid(pid) == pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


_WITHOUT_MEMORY = """
import resource
from server.config import Hashing
from server.errors import Busy
from server.hashing import Hasher

hasher = Hasher(Hashing(passes=1, memory_kib=1 << 20, lanes=1))
known = f"$argon2id$v=19$m={1 << 20},t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
for ask in (lambda: hasher.hash("geheim"), lambda: hasher.verify(known, "geheim")):
    try:
        print(ask())
    except Busy as busy:
        print("busy")
hasher.stop()
"""


def test_without_memory_it_is_busy_and_no_password_is_called_wrong() -> None:
    command = [sys.executable, "-c", _WITHOUT_MEMORY]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    assert said.split() == ["busy", "busy"]
