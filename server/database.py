"""SQLite files in the data folder: private, durable, and brought up to date when they are opened."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from server.errors import StartupError

#: What a transaction of another process (a backup, a tool) may take before we give up, in seconds.
_BUSY_TIMEOUT = 5.0


def prepare_folder(folder: Path) -> IO[str]:
    """Makes the data folder where there is none and locks it; the lock is held until the file returned is closed.

    Raises StartupError where it cannot be written or another server uses it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise StartupError(f"The data folder {folder} cannot be written: {error.strerror}.", 73) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StartupError(f"Another server is using the data folder {folder}; give --data another.", 73) from None
    return lock


def open_database(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    """The database at `path`, made with mode 0600 where there is none, with every migration carried out.

    A commit is on disk when it returns (WAL with synchronous=FULL). The connection may be used from any thread, one at
    a time. Raises StartupError with a sentence for the operator.
    """
    try:
        _make_private(path)
        database = sqlite3.connect(path, timeout=_BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise StartupError(f"{path} cannot be opened: {error}.", 73) from None
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("it fails SQLite's own check")
        _migrate(database, path, migrations)
    except sqlite3.OperationalError as error:
        database.close()
        raise StartupError(f"{path} cannot be written: {error}.", 73) from None
    except sqlite3.DatabaseError as error:
        database.close()
        raise StartupError(f"{path} is broken: {error}. Move it away or restore it from a backup.", 65) from None
    except StartupError:
        database.close()
        raise
    return database


def _make_private(path: Path) -> None:
    """The files that SQLite puts beside it inherit the mode."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            raise StartupError(f"Others may read {path}. Run: chmod 600 {path}", 77) from None


def _migrate(database: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise StartupError(f"{path} was written by a newer version of xmlchat; this one cannot read it.", 65)
    for number, statements in enumerate(migrations[version:], version + 1):
        database.executescript(f"BEGIN; {statements}; PRAGMA user_version = {number}; COMMIT")
