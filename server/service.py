"""The server as a whole: its parts, how they start and in which order they stop."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from schema.endpoint import endpoint
from schema.messages import Bye
from server.account_watch import AccountWatch
from server.accounts import Accounts
from server.accounts_file import AccountsFile
from server.addresses import Addresses
from server.archive import Archive
from server.blocks import Blocks
from server.catch_up import CatchUps
from server.clock import Clock, SystemClock
from server.config import ACCOUNTS, MESSAGES, Config
from server.connection import Surroundings
from server.database import prepare_folder
from server.delivery import Delivery
from server.doors import Door, certificate_files, open_doors
from server.hub import Hub
from server.journal import Journal
from server.listener import Listener
from server.log import EventLog
from server.moderation import Moderation
from server.recorder import Recorder
from server.role_watch import RoleWatch
from server.sanctions import Sanctions
from server.store import Store
from server.throttle import Throttle
from server.ticker import Ticker

Part = TypeVar("Part")


class Service:
    """Made, it listens; started, it serves. `stop` tells every client, sends what is queued and ends all threads.

    As a context manager it starts and stops by itself. `stop` may be called before `start`, and more than once.
    """

    def __init__(self, config: Config, log: EventLog, clock: Clock | None = None) -> None:
        """Raises StartupError, and then nothing is left open."""
        clock = clock or SystemClock()
        self._log = log
        with contextlib.ExitStack() as opened:
            opened.callback(prepare_folder(config.data).close)
            accounts_file = _kept(opened, AccountsFile(config.data / ACCOUNTS), AccountsFile.close)
            self._accounts = accounts = _kept(opened, Accounts(accounts_file, config.hashing, clock), Accounts.stop)
            store = _kept(opened, Store(config.data / MESSAGES), Store.close)
            doors = tuple(_kept(opened, door, _close_door) for door in open_doors(config, log))
            self._recorder = (
                _kept(opened, Recorder(config.capture, clock, log), Recorder.stop) if config.capture else None
            )
            self._delivery = _kept(opened, Delivery(clock, config.stalled_after, self._recorder), Delivery.stop)
            blocks = Blocks(accounts_file)
            sanctions = Sanctions(accounts_file, clock)
            hub = Hub(config, clock, sanctions, blocks.holds)
            # The journal reads through a connection of its own, so as never to wait for somebody's history.
            own_archive = _kept(opened, Archive(config.data / MESSAGES), Archive.close)
            self._journal = Journal(hub, store, CatchUps(hub, own_archive), self._delivery, log, config)
            around = Surroundings(
                config=config,
                clock=clock,
                accounts=accounts,
                blocks=blocks,
                moderation=Moderation(accounts, sanctions, clock, log),
                archive=_kept(opened, Archive(config.data / MESSAGES), Archive.close),
                addresses=Addresses(config, clock),
                throttle=Throttle(config, clock),
                journal=self._journal,
                delivery=self._delivery,
                log=log,
                recorder=self._recorder,
            )
            self._doors = doors
            self._listener = Listener(doors, around)
            role_watch = RoleWatch(accounts_file, accounts, self._journal, log)
            # Before anybody can come: the first welcome names the role.
            role_watch.look()
            account_watch = AccountWatch(accounts, self._listener, self._journal)
            self._ticker = Ticker(self._listener, self._journal, role_watch, account_watch, clock, config)
            # What `stop` has to end or close, the last first. Each is ended once, whatever goes wrong with another.
            self._opened = contextlib.ExitStack()
            self._opened.callback(log.write, "stopped")
            self._opened.push(opened.pop_all())

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on for frames as they are."""
        return self._doors[0].address

    @property
    def tls_address(self) -> tuple[str, int]:
        """Host and port that it listens on for TLS, if it does."""
        return self._doors[1].address

    @property
    def doors(self) -> tuple[Door, ...]:
        """Where it listens, the plain one first."""
        return self._doors

    def start(self) -> None:
        if self._recorder:
            self._recorder.start()
        self._delivery.start()
        self._opened.callback(self._end_connections)
        # Or ending them would take as long as all the logins that wait.
        self._opened.callback(self._accounts.stop)
        for part in (self._journal, self._ticker, self._listener):
            part.start()
            self._opened.callback(part.stop)
        plain, *tls = self._doors
        self._log.write("started", address=str(plain), tls=endpoint(*tls[0].address) if tls else None)

    def reload(self, config: Config) -> None:
        """Takes over what can be: what the ticker does, and limits and certificate of connections made from now on.

        Where the server listens, its folder and its files stay as they were. Raises StartupError, and then everything
        does.
        """
        for door in self._doors:
            certificate, key = certificate_files(config)
            if door.certificate and certificate and key:
                door.certificate.replace(certificate, key)
        self._listener.reconfigure(config)
        self._ticker.config = config
        self._log.write("reloaded")

    def stop(self) -> None:
        """Takes some seconds at the most, however slow the clients are."""
        self._opened.close()

    def _end_connections(self) -> None:
        """When no more come, and the journal has settled what they asked for."""
        connections = self._listener.connections()
        for connection in connections:
            connection.end(Bye(code="shutdown", reconnect=True, text="The server is stopping."))
        for connection in connections:
            connection.thread.join()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _close_door(door: Door) -> None:
    door.socket.close()


def _kept(opened: contextlib.ExitStack, part: Part, close: Callable[[Part], None]) -> Part:
    opened.callback(close, part)
    return part
