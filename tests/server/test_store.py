from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server.archive import Archive, Missed
from server.errors import StoreError
from server.store import MAX_DEVICES, Row, Store

TIME = "2026-03-01T09:00:00.000Z"


def to_room(text: str) -> Row:
    return Row(TIME, "anna", "lobby", None, text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "messages.db"


def written(path: Path) -> list[tuple[int, str]]:
    """What another process finds in the file."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT seq, text FROM message ORDER BY seq").fetchall()


def test_numbers_begin_with_one_and_go_on_by_one(store: Store, path: Path) -> None:
    assert store.last_seq == 0
    assert store.write([to_room("a")], {}) == 1
    assert store.write([to_room("b"), to_room("c")], {}) == 2
    assert store.last_seq == 3
    assert written(path) == [(1, "a"), (2, "b"), (3, "c")]


def test_numbers_go_on_after_reopening(store: Store, path: Path) -> None:
    store.write([to_room("a"), to_room("b")], {})
    store.close()
    with closing(Store(path)) as again:
        assert again.last_seq == 2
        assert again.write([to_room("c")], {}) == 3


def test_everything_of_a_message_is_kept(store: Store, path: Path) -> None:
    text = "Grüße\r\n\t\N{GRINNING FACE} '); DROP TABLE message; --"
    store.write([Row(TIME, "anna", "tea", None, text), Row(TIME, "anna", None, "ben", text, "desk", "7", "action")], {})
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT * FROM message").fetchall()
    assert rows == [
        (1, TIME, "anna", "tea", None, text, None, None, None),
        (2, TIME, "anna", None, "ben", text, "desk", "7", "action"),
    ]


#: What the first version made, with a message of it.
FIRST = """
    CREATE TABLE message (
        seq INTEGER PRIMARY KEY, time TEXT NOT NULL, sender TEXT NOT NULL, room TEXT, recipient TEXT,
        text TEXT NOT NULL, client TEXT, command TEXT, CHECK ((room IS NULL) <> (recipient IS NULL))
    );
    CREATE UNIQUE INDEX message_once ON message (sender, client, command) WHERE client IS NOT NULL;
    CREATE INDEX message_in_room ON message (room, seq) WHERE room IS NOT NULL;
    CREATE INDEX message_to ON message (recipient, seq) WHERE recipient IS NOT NULL;
    CREATE INDEX message_from ON message (sender, seq) WHERE recipient IS NOT NULL;
    CREATE TABLE place (
        user TEXT NOT NULL, client TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (user, client)
    ) WITHOUT ROWID;
    INSERT INTO message VALUES (1, '2026-03-01T09:00:00.000Z', 'anna', 'lobby', NULL, 'old', 'desk', '7');
    INSERT INTO message VALUES (2, '2026-03-01T09:00:00.000Z', 'ben', NULL, 'anna', 'old too', NULL, NULL);
    PRAGMA user_version = 1;
"""


def test_a_file_of_the_first_version_is_brought_up_to_date_and_goes_on(path: Path) -> None:
    path.touch(0o600)
    with closing(sqlite3.connect(path)) as old:
        old.executescript(FIRST)
    with closing(Store(path)) as store, closing(Archive(path)) as archive:
        assert store.last_seq == 2
        assert store.posted("anna", "desk", "7") == (1, TIME)
        assert (
            store.write([Row(TIME, "anna", "lobby", None, "waves", "desk", "8", "action")], {("anna", "desk"): 2}) == 3
        )
        found = archive.missed(Missed("anna", ("lobby",), 0, 0), 10)
        assert [(message.text, message.kind) for message in found] == [
            ("old", None),
            ("old too", None),
            ("waves", "action"),
        ]
        assert store.forget("9999", 10) == 2
        assert written(path) == [(3, "waves")]


def test_what_was_written_outlives_the_process_that_did(store: Store, path: Path) -> None:
    """Nothing waits in the process: a copy of the files, as a crash would leave them, has it all."""
    store.write([to_room("a")], {})
    copy = path.with_name("copy.db")
    for end in ("", "-wal"):
        copy.with_name(copy.name + end).write_bytes(path.with_name(path.name + end).read_bytes())
    assert written(copy) == [(1, "a")]


def test_a_commit_waits_for_the_disk(store: Store) -> None:
    settings = [store._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert settings == ["wal", 2]


def test_of_a_batch_that_fails_nothing_is_kept_and_the_next_has_its_numbers(store: Store, path: Path) -> None:
    store.write([to_room("a")], {})
    with pytest.raises(StoreError, match="cannot be written"):
        store.write([to_room("b"), Row(TIME, "anna", "lobby", "ben", "to a room and to somebody")], {})
    assert store.last_seq == 1
    assert store.write([to_room("c")], {}) == 2
    assert written(path) == [(1, "a"), (2, "c")]


def test_a_full_disk_is_a_store_error_and_passes(store: Store, path: Path) -> None:
    store.write([to_room("a")], {})
    (pages,) = store._database.execute("PRAGMA page_count").fetchone()
    store._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        store.write([to_room("x" * 50_000)], {})
    store._database.execute("PRAGMA max_page_count = 1000000")
    assert store.write([to_room("b")], {}) == 2
    assert written(path) == [(1, "a"), (2, "b")]


def test_a_store_that_was_closed_is_a_store_error(path: Path) -> None:
    store = Store(path)
    store.close()
    with pytest.raises(StoreError):
        store.write([to_room("a")], {})


def test_no_more_devices_are_remembered_than_the_limit_and_the_furthest_behind_go_first(path: Path) -> None:
    with closing(Store(path)) as store:
        store.write([], {("anna", f"device-{number}"): number for number in range(MAX_DEVICES + 2)})
        store.write([], {("boris", "his"): 1})
    with closing(sqlite3.connect(path)) as database:
        kept = {client for (client,) in database.execute("SELECT client FROM place")}
    assert kept == {"his", *(f"device-{number}" for number in range(2, MAX_DEVICES + 2))}
