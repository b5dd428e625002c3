"""The server that a scenario torments: a real `python -m server`, which may be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from server.config import Hashing
from server.database import prepare_folder
from tests.certificates import Certified
from tests.server.people import accounts_in

ROOT = Path(__file__).parent.parent.parent

PASSWORD = "correct horse"

#: Seconds for what takes one on an idle machine.
PATIENCE = 60.0

#: Next to free to make. The server makes each anew, as dear as it should be, when its user first logs in.
_CHEAP = Hashing(passes=1, memory_kib=8, lanes=1, apart=False)

#: Most scenarios come from one address and as fast as they can, and so without what slows that down.
_UNTHROTTLED = dict.fromkeys(
    ("rate", "address_rate", "address_accounts", "address_failures", "account_failures", "longest_wait"), 0
)


class Target:
    """The server's data, settings and log are in one folder. Starts with it, and is killed at the end if need be."""

    def __init__(
        self,
        folder: Path,
        users: Iterable[str],
        wrapper: Sequence[str] = (),
        tls: Certified | None = None,
        throttled: bool = False,
        **settings: float,
    ) -> None:
        """`wrapper` is a program that runs the server, with its arguments. With `tls` it listens for that too.

        With `throttled` it slows down who sends, guesses or registers too much, as every server does by default.
        """
        self.data = folder / "data"
        self.log_file = folder / "server.log"
        self._config = folder / "server.toml"
        self._wrapper = wrapper
        self._port = self._tls_port = 0
        self._tls = tls
        self._process: subprocess.Popen[str] | None = None
        settings = {**({} if throttled else _UNTHROTTLED), "users_every": 5.0, **settings}
        lines = (f"{name} = {value}\n" for name, value in settings.items())
        self._config.write_text("".join(lines))
        self._register(users)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()

    @property
    def messages(self) -> Path:
        return self.data / "messages.db"

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._port

    @property
    def tls_address(self) -> tuple[str, int]:
        return "127.0.0.1", self._tls_port

    @property
    def pid(self) -> int:
        """Of the server itself, also where something else runs it."""
        process = self._running()
        if not self._wrapper:
            return process.pid
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        return int(children[0])

    def log(self, event: str) -> int:
        """How many lines of the log tell of this event."""
        return sum(line.split(" ", 2)[1] == event for line in self.log_file.read_text().splitlines() if " " in line)

    def start(self) -> None:
        """On the port that it had before."""
        command = [sys.executable, "-m", "server", "--data", str(self.data), "--port", str(self._port)]
        if self._tls is not None:
            command += [*self._tls.options, "--tls-port", str(self._tls_port)]
        with self.log_file.open("a") as log:
            self._process = subprocess.Popen(
                [*self._wrapper, *command, "--config", str(self._config)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        self._port = self._read_port(self._process.stdout)
        if self._tls is not None:
            self._tls_port = self._read_port(self._process.stdout)

    def _read_port(self, said: IO[str]) -> int:
        line = said.readline()
        if not line.startswith("listening on "):
            self.kill()
            raise AssertionError(f"{line!r}, and in the log: {self.log_file.read_text()[-2000:]}")
        return int(line.rpartition(":")[2].split()[0])

    def kill(self) -> None:
        """As an operating system does it that has run out of memory: nothing is said and nothing is flushed."""
        process = self._running()
        if self._wrapper and process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        process.kill()
        self._forget(process)

    def stop(self) -> int:
        """In good order; the exit status."""
        process = self._running()
        os.kill(self.pid, signal.SIGTERM)
        status = process.wait(PATIENCE)
        self._forget(process)
        return status

    def _running(self) -> subprocess.Popen[str]:
        assert self._process is not None, "the server is not running"
        return self._process

    def _forget(self, process: subprocess.Popen[str]) -> None:
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        self._process = None

    def _register(self, users: Iterable[str]) -> None:
        with prepare_folder(self.data), accounts_in(self.data, _CHEAP) as accounts:
            for user in users:
                accounts.register(user, PASSWORD)
