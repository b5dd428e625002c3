"""A journal as the tests of it drive it: with a real store, and members that are no connections."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from server.accounts_file import AccountsFile
from server.archive import Archive
from server.catch_up import CatchUps
from server.clock import SystemClock
from server.config import Config
from server.hub import Hub
from server.journal import Journal
from server.log import EventLog
from server.requests import Enter
from server.sanctions import Sanctions
from server.store import Store
from tests.server.members import FakeMember, Handed


class Desk:
    """A journal with a real store, and members who take part."""

    def __init__(self, config: Config, path: Path) -> None:
        self.config = config
        self.path = path
        self.store = Store(path)
        clock = SystemClock()
        self.file = AccountsFile(path.with_name("accounts.db"))
        #: Whether a user takes no direct messages from a sender.
        self.is_blocked: Callable[[str, str], bool] = lambda user, sender: False
        sanctions = Sanctions(self.file, clock)
        self.hub = Hub(config, clock, sanctions, lambda user, sender: self.is_blocked(user, sender))
        self.archive = Archive(path)
        catch_ups = CatchUps(self.hub, self.archive)
        self.journal = Journal(self.hub, self.store, catch_ups, Handed(), EventLog("text", clock), config)

    def enter(self, name: str) -> FakeMember:
        member = FakeMember(name)
        self.journal.submit(member, Enter("in", registered=False))
        return member

    def seat(self, name: str, client: str = "") -> FakeMember:
        """One who is there already and has caught up; to be called before the journal is started."""
        member = FakeMember(name)
        self.hub.apply(member, Enter("in", registered=False, client=client))
        self.hub.rooms.release(member)
        self.hub.news()
        return member

    def settle(self) -> None:
        """Starts the journal, and ends it when all is settled that was submitted before."""
        self.journal.start()
        self.journal.stop()

    def close(self) -> None:
        self.archive.close()
        self.store.close()
        self.file.close()

    def stored(self) -> list[tuple[int, str]]:
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute("SELECT seq, text FROM message ORDER BY seq").fetchall()
