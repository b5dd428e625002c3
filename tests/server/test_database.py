from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from server.database import open_database, prepare_folder
from server.errors import StartupError
from tests.conftest import ROOT
from tests.peer import PATIENCE

MIGRATIONS = ("CREATE TABLE thing (name TEXT)",)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "things.db"


def refused(path: Path, migrations: tuple[str, ...] = MIGRATIONS) -> StartupError:
    with pytest.raises(StartupError) as raised:
        open_database(path, migrations)
    return raised.value


def test_the_file_and_those_beside_it_are_their_owners_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(open_database(path, MIGRATIONS)) as database:
            database.execute("INSERT INTO thing VALUES ('x')")
            files = {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.glob("things.db*")}
    finally:
        os.umask(before)
    assert files == dict.fromkeys(("things.db", "things.db-wal", "things.db-shm"), "0o600")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_a_file_that_others_may_read_is_not_used(path: Path, mode: int) -> None:
    open_database(path, MIGRATIONS).close()
    path.chmod(mode)
    error = refused(path)
    assert error.status == 77
    assert str(error) == f"Others may read {path}. Run: chmod 600 {path}"


@pytest.mark.parametrize("octets", [b"This is no database. " * 100, b"SQLite format 3\0" + b"\xff" * 4080])
def test_a_file_that_is_no_database_is_broken(path: Path, octets: bytes) -> None:
    path.write_bytes(octets)
    path.chmod(0o600)
    error = refused(path)
    assert error.status == 65
    assert str(path) in str(error)
    assert path.read_bytes() == octets


def test_a_file_with_broken_pages_is_broken(path: Path) -> None:
    with closing(open_database(path, MIGRATIONS)) as database:
        database.executemany("INSERT INTO thing VALUES (?)", [("x" * 1000,) for _ in range(100)])
    octets = bytearray(path.read_bytes())
    octets[8192:40_960] = b"\xaa" * (40_960 - 8192)
    path.write_bytes(octets)
    assert refused(path).status == 65


def test_a_folder_in_its_place_cannot_be_opened(path: Path) -> None:
    path.mkdir(mode=0o700)
    assert refused(path).status == 73


def test_an_empty_file_is_a_new_database(path: Path) -> None:
    path.touch(mode=0o600)
    with closing(open_database(path, MIGRATIONS)) as database:
        assert database.execute("SELECT * FROM thing").fetchall() == []


def test_what_a_newer_version_wrote_is_not_touched(path: Path) -> None:
    open_database(path, (*MIGRATIONS, "CREATE TABLE other (name TEXT)")).close()
    error = refused(path)
    assert error.status == 65
    assert "newer version" in str(error)


def test_migrations_are_carried_out_once_each(path: Path) -> None:
    with closing(open_database(path, MIGRATIONS)) as database:
        database.execute("INSERT INTO thing VALUES ('kept')")
    more = (*MIGRATIONS, "ALTER TABLE thing ADD COLUMN size INTEGER DEFAULT 7")
    for _ in range(2):
        with closing(open_database(path, more)) as database:
            assert database.execute("SELECT * FROM thing").fetchall() == [("kept", 7)]


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    open_database(path, MIGRATIONS).close()
    assert refused(path, (*MIGRATIONS, "CREATE TABLE other (name TEXT); CREATE TABLE thing (name TEXT)")).status == 73
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("thing",)]


def test_the_folder_is_made_and_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "here" / "data"
    prepare_folder(folder).close()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_in_place_of_the_folder_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.touch()
    with pytest.raises(StartupError) as raised:
        prepare_folder(folder)
    assert raised.value.status == 73
    assert str(folder) in str(raised.value)


def test_a_folder_without_leave_to_write_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o500)
    command = [sys.executable, "-m", "server", "--port", "0", "--data", str(folder)]
    if os.geteuid() == 0:
        # Root may write everywhere, but for a root without that capability.
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("setpriv (of util-linux) is not installed, and this is root")
        command = [setpriv, "--bounding-set", "-dac_override", *command]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (73, "")
    assert done.stderr == f"xmlchat: The data folder {folder} cannot be written: Permission denied.\n"


def test_two_servers_do_not_share_a_folder(tmp_path: Path) -> None:
    with prepare_folder(tmp_path), pytest.raises(StartupError, match="Another server") as raised:
        prepare_folder(tmp_path)
    assert raised.value.status == 73
    prepare_folder(tmp_path).close()
