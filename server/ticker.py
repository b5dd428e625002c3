"""What happens because time passes: deadlines, pings, the list of users every so often, a look at the accounts."""

from __future__ import annotations

import threading

from server.account_watch import AccountWatch
from server.clock import Clock
from server.config import Config
from server.journal import Journal
from server.listener import Listener
from server.role_watch import RoleWatch

#: Seconds between two looks at the deadlines; they are kept to this.
_TICK = 0.5


class Ticker:
    def __init__(
        self,
        listener: Listener,
        journal: Journal,
        role_watch: RoleWatch,
        account_watch: AccountWatch,
        clock: Clock,
        config: Config,
    ) -> None:
        self._listener = listener
        self._journal = journal
        self._role_watch = role_watch
        self._account_watch = account_watch
        self._clock = clock
        #: May be replaced while the thread runs.
        self.config = config
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        reminded = cleaned = self._clock.monotonic()
        while not self._stopping.wait(min(_TICK, self.config.users_every)):
            config = self.config
            now = self._clock.monotonic()
            self._role_watch.look()
            self._listener.forget_closed()
            for connection in self._listener.connections():
                connection.tick(now)
            self._account_watch.look()
            if now - reminded >= config.users_every:
                reminded = now
                self._journal.remind()
            if now - cleaned >= config.clean_every and (config.keep_days or config.keep_mib):
                cleaned = now
                before = self._clock.utc(ago=config.keep_days * 86_400) if config.keep_days else ""
                self._journal.clean(before, config.keep_mib)
