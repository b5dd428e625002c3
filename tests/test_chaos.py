"""The scenarios of tests/chaos with small numbers, and the proof that their checks can fail."""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from server.store import MIGRATIONS
from tests.chaos import cuts, descriptors, flood, full, kill, order, soak, stalled, tls
from tests.chaos.checker import check

pytestmark = pytest.mark.chaos


def test_nothing_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    report = kill.run(tmp_path, kill.Sizes(kills=3, messages=1_500, senders=2, listeners=1))
    assert not report.problems, report


def test_nothing_is_lost_when_connections_are_cut(tmp_path: Path) -> None:
    report = cuts.run(tmp_path, cuts.Sizes(cuts=30, messages=2_000, senders=2, listeners=2, within=80_000))
    assert not report.problems, report


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_every_answer_comes_after_its_message_is_on_disk(tmp_path: Path) -> None:
    report = order.run(tmp_path, order.Sizes(answers=50))
    assert not report.problems, report


def test_one_stalled_reader_is_ended_and_loses_nothing(tmp_path: Path) -> None:
    # How late the others are is not judged here, where other tests may take the time.
    sizes = stalled.Sizes(peers=5, rounds=1, seconds=0.3, rate=250, limit=math.inf)
    report = stalled.run(tmp_path, sizes)
    assert not report.problems, report


@pytest.mark.parametrize("kind", ["slow-loris", "idle", "logins", "registrations"])
def test_those_who_chat_hear_everything_in_one_order_under_a_flood(tmp_path: Path, kind: str) -> None:
    # How late is not judged here either.
    sizes = flood.Sizes(kind=kind, throttles="on", people=4, connections=50, rounds=1, seconds=1.0, limit=math.inf)
    report = flood.run(tmp_path, sizes)
    assert not report.problems, report


def test_nothing_is_left_after_traffic_and_garbage(tmp_path: Path) -> None:
    report = soak.run(tmp_path, soak.Sizes(minutes=0.04, senders=2, listeners=1, vandals=3))
    assert not report.problems, report


def test_nobody_notices_that_descriptors_have_run_out(tmp_path: Path) -> None:
    report = descriptors.run(tmp_path, descriptors.Sizes(seconds=1))
    assert not report.problems, report


@pytest.mark.parametrize("how", ["limit", "readonly"])
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_nothing_is_lost_when_the_disk_is_full_or_read_only(tmp_path: Path, how: str) -> None:
    report = full.run(tmp_path, full.Sizes(rounds=2, messages=200, refused=50, how=how))
    assert not report.problems, report


def test_no_connection_inside_tls_dies_and_nobody_reads_along(tmp_path: Path) -> None:
    report = tls.run(tmp_path, tls.Sizes(connections=40, seconds=3))
    assert not report.problems, report


#: Alice says three things in the lobby and one to bob, who hears them.
_ROWS = [
    (1, "alice", "lobby", None, "alice 1"),
    (2, "alice", None, "bob", "alice 2"),
    (3, "alice", "tea", None, "alice 3"),
    (4, "alice", "lobby", None, "alice 4"),
]


def _got(seq: int) -> dict[str, Any]:
    _, sender, room, to, text = _ROWS[seq - 1]
    return {"got": "direct" if to else "broadcast", "seq": seq, "room": room, "from": sender, "to": to, "text": text}


def _ok(seq: int) -> dict[str, Any]:
    return {"ok": str(seq), "text": f"alice {seq}", "seq": seq}


def _judge(folder: Path, rows: list[Any], alice: list[dict[str, Any]], bob: list[dict[str, Any]]) -> dict[str, int]:
    """What the checker finds wrong."""
    database = sqlite3.connect(folder / "messages.db")
    database.executescript(MIGRATIONS[0])
    database.executemany("INSERT INTO message VALUES (?, 'now', ?, ?, ?, ?, NULL, NULL)", rows)
    database.commit()
    database.close()
    everything = {"rooms": {"lobby": 0, "tea": 0}, "directs": 0}
    for user, events in (("alice", alice), ("bob", bob)):
        lines = [{"user": user, **everything}, *events]
        (folder / f"{user}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    verdict = check(folder, folder / "messages.db")
    wrong = {what: count for what, count in list(verdict.figures.items())[3:] if count}
    assert bool(verdict.problems) == bool(wrong)
    return wrong


_SAID = [_ok(seq) for seq in (1, 2, 3, 4)]
_HEARD = [_got(seq) for seq in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("rows", "said", "heard", "wrong"),
    [
        (_ROWS, _SAID, _HEARD, {}),
        (_ROWS, _SAID, _HEARD[:3], {"lost": 1}),
        (_ROWS, _SAID, [*_HEARD[:2], *_HEARD[1:]], {"twice": 1}),
        (_ROWS, _SAID, [_HEARD[1], _HEARD[0], *_HEARD[2:]], {"disordered": 1}),
        (_ROWS, _SAID, [{**_HEARD[0], "text": "alice 4"}, *_HEARD[1:]], {"altered": 1}),
        (_ROWS, _SAID, [{**_HEARD[0], "from": "carol"}, *_HEARD[1:]], {"altered": 1}),
        (_ROWS[:3], _SAID, _HEARD[:3], {"not stored": 1, "lost": 0, "not for us": 1}),
        (_ROWS, [*_SAID[:3], {**_ok(4), "seq": 3}], _HEARD, {"not stored": 1}),
        (_ROWS, _SAID[:3], _HEARD, {"never answered": 1}),
        (_ROWS, [*_SAID, {"refused": "4", "text": "alice 4", "code": "storage"}], _HEARD, {"refused but stored": 1}),
        ([*_ROWS, (5, *_ROWS[3][1:])], _SAID, _HEARD, {"lost": 2, "stored twice": 1, "sent in another order": 1}),
    ],
)
def test_the_checker_finds(
    rows: list[Any], said: list[dict[str, Any]], heard: list[dict[str, Any]], wrong: dict[str, int], tmp_path: Path
) -> None:
    found = _judge(tmp_path, rows, [*said, *(_got(seq) for seq in (1, 2, 3, 4))], heard)
    assert {what: found.get(what, 0) for what in wrong} == wrong
    assert bool(found) == bool(wrong)


_WAL = "9</data/messages.db-wal>"
_WRITTEN = f'7 pwrite64({_WAL}, "..sender0 1 hello..", 4096, 56) = 4096\n'
_BEGUN = f"7 fdatasync({_WAL} <unfinished ...>\n"
_SYNCED = "7 <... fdatasync resumed>) = 0\n"
_ANSWERED = (
    '8 sendto(12<socket:[1]>, "..<ok xmlns=\\"urn:xmlchat:1\\" re=\\"a\\" seq=\\"1\\" time=\\"t\\"/>", 70, 0) = 70\n'
)
_DELIVERED = '8 sendto(12<socket:[1]>, "..<broadcast xmlns=\\"urn:xmlchat:1\\" seq=\\"1\\" room=", 70, 0) = 70\n'


@pytest.mark.parametrize(
    ("trace", "early"),
    [
        ([_WRITTEN, _BEGUN, _SYNCED, _ANSWERED, _DELIVERED], (0, 0)),
        ([_WRITTEN, _BEGUN, _ANSWERED, _DELIVERED, _SYNCED], (1, 1)),
        ([_WRITTEN, _ANSWERED, _BEGUN, _SYNCED, _DELIVERED], (1, 0)),
        ([_BEGUN, _WRITTEN, _SYNCED, _ANSWERED, _DELIVERED], (1, 1)),
        ([_WRITTEN, _BEGUN, _SYNCED.replace("= 0", "= -1 EIO"), _ANSWERED], (1, 0)),
        ([_WRITTEN, _DELIVERED, _ANSWERED], (1, 1)),
    ],
)
def test_the_trace_shows_an_early_answer(trace: list[str], early: tuple[int, int]) -> None:
    found = order.examine(trace, {1: "sender0 1 "})
    assert (len(found.early_oks), len(found.early_deliveries)) == early
