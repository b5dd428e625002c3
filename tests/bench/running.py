"""A server that runs, and the load on it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.bench.family import family
from tests.bench.peers import Server, free_port

ROOT = Path(__file__).parent.parent.parent

#: Seconds for a server to listen: the slowest takes ten on a busy machine.
_START = 60.0

#: Seconds for a server to end by itself, then it is killed.
_END = 5.0

#: Characters of a log that are shown where a server does not start.
_SHOWN = 1_000

Figures = dict[str, Any]


class NotRunningError(Exception):
    """The server has not come up; its own words are in the text."""


class LoadError(Exception):
    """The load could not be put on; the generator's words."""


class Running:
    def __init__(self, server: Server, process: subprocess.Popen[bytes], port: int) -> None:
        self.server = server
        self.port = port
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid


@contextlib.contextmanager
def running(server: Server, folder: Path) -> Iterator[Running]:
    """Starts the server in an empty folder of its own, on a free port of the loopback. Raises NotRunningError."""
    place = folder / server.name
    place.mkdir()
    port = free_port()
    log = place / "log"
    with log.open("wb") as output:
        try:
            command = server.command(place, port)
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        except OSError as error:
            raise NotRunningError(f"{server.name} cannot be started: {error}") from None
    try:
        _wait_until_it_listens(server, process, port, log)
        yield Running(server, process, port)
    finally:
        _end(process)


def _wait_until_it_listens(server: Server, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    said = log.read_text(errors="replace")[-_SHOWN:].strip()
    raise NotRunningError(f"{server.name} does not listen; it said: {said or 'nothing'}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends all that the process has started: some servers are started by a script that does not hand signals on."""
    # Looked for before any of them ends: then nobody can tell any more whose children the others are.
    members = family(process.pid)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for one in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, number)
        deadline = time.monotonic() + _END
        while members and time.monotonic() < deadline:
            process.poll()
            members = [one for one in members if Path(f"/proc/{one}").exists()]
            time.sleep(0.01)
    process.wait()


class Load:
    """The load generator at work on one server; see load.c. As a context manager it ends by itself."""

    def __init__(self, program: Path, target: Running, *, receivers: int, **options: float) -> None:
        """`options` are those of load.c, such as `window` and `messages`. Returns when all are logged in.

        Raises LoadError.
        """
        server = target.server
        given = {"port": target.port, "receivers": receivers, **options}
        command = [str(program), "--message", server.message, *(["--framed"] if server.framed else [])]
        for name, value in given.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        self._process = subprocess.Popen(
            [*command, "--", *server.handshake],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        #: What the logins took.
        self.ready = self._hear()

    def go_on(self) -> Figures:
        """Lets the messages go, and returns when all have them. Raises LoadError."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> Figures:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            _, said = self._process.communicate()
            raise LoadError(said.strip() or f"the load generator ended with status {self._process.returncode}")
        found: Figures = json.loads(line)
        del found["event"]
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # At the end of its input it ends.
        self._process.communicate()
