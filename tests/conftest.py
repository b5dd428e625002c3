"""What every test may ask for, and the guard that each of them cleans up after itself."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import settings

from server.clock import Clock, SystemClock
from server.config import Config
from server.log import EventLog
from server.service import Service
from tests.certificates import Certified
from tests.cheap_server import CHEAP
from tests.peer import PATIENCE, Peer
from tests.server.fake_clock import FakeClock

ROOT = Path(__file__).parent.parent

#: Tests choose short passwords, and make many accounts from one address.
LENIENT: dict[str, Any] = {"password_min": 1, "address_accounts": 0}

# Many tests start processes, which compile what they import each time where the environment forbids keeping it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# No deadline: a busy machine is not a mistake in the program. The checks before a change lands ask for all examples.
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile("quick")

_DESCRIPTORS = "/proc/self/fd"

#: Seconds for a thread that is about to end. One that ends at once is not waited for.
_ENDING = 5.0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is installed, a test that is skipped has not been run, which is a failure."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, and in CI nothing may be: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fails a test that leaves a thread, a socket, a pipe or an open file behind."""
    threads = set(threading.enumerate())
    descriptors = _descriptors()
    yield
    deadline = time.monotonic() + _ENDING
    for thread in set(threading.enumerate()) - threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    left = [thread.name for thread in set(threading.enumerate()) - threads]
    assert not left, f"threads left behind: {left}"
    open_still = _descriptors() - descriptors
    assert not open_still, f"descriptors left open: {sorted(open_still)}"


def _descriptors() -> set[tuple[str, str]]:
    """The number of each open descriptor and what it leads to; empty on systems that do not say.

    Asked for twice in each of thousands of tests, and pathlib takes four times as long.
    """
    found = set()
    for number in os.listdir(_DESCRIPTORS) if os.path.exists(_DESCRIPTORS) else ():  # noqa: PTH110, PTH208
        # The descriptor that lists the folder is gone when it is looked at.
        with contextlib.suppress(FileNotFoundError):
            found.add((number, os.readlink(f"{_DESCRIPTORS}/{number}")))  # noqa: PTH115
    return found


@pytest.fixture(scope="session", autouse=True)
def _no_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests has a home and a keyring, which are not for them: neither here nor in what they start."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in home(tmp_path_factory.mktemp("home")).items():
            patch.setenv(name, value)
        yield


def home(folder: Path) -> dict[str, str]:
    """The environment variables of somebody whose home is this folder, and who has no keyring."""
    return {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Signs the certificates of all tests."""
    return trustme.CA()


@pytest.fixture
def certified(tmp_path: Path, authority: trustme.CA) -> Certified:
    """A certificate for this machine, and a context of clients who trust it."""
    return Certified(tmp_path, authority)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of this test's servers."""
    return tmp_path / "data"


MakeConfig = Callable[..., Config]


@pytest.fixture
def config(data: Path) -> MakeConfig:
    """Makes a Config that suits a test: on a free port, nothing dear, and no list of users that nothing has caused."""

    def make(**changes: Any) -> Config:
        settings: dict[str, Any] = {"data": data, "port": 0, "hashing": CHEAP, "users_every": 3600.0, **LENIENT}
        return Config(**{**settings, **changes})

    return make


Serve = Callable[..., Service]


@pytest.fixture
def serve(config: MakeConfig) -> Iterator[Serve]:
    """Starts real servers in this process, with the changes given to their Config; they are stopped afterwards."""
    with contextlib.ExitStack() as running:

        def start(*, clock: Clock | None = None, **changes: Any) -> Service:
            return running.enter_context(Service(config(**changes), EventLog("text", SystemClock()), clock))

        yield start


@pytest.fixture
def service(serve: Serve) -> Service:
    """A real server in this process, on a free port."""
    return serve()


Connect = Callable[..., Peer]


@pytest.fixture
def connect(request: pytest.FixtureRequest, serve: Serve) -> Iterator[Connect]:
    """Connects to `service`, or to the address given, and logs in where a name is given, with `more` in the login."""
    with contextlib.ExitStack() as connected:

        def to(
            name: str | None = None,
            *,
            at: tuple[str, int] | None = None,
            window: int | None = None,
            tls: ssl.SSLContext | None = None,
            **more: Any,
        ) -> Peer:
            address = at or request.getfixturevalue("service").address
            peer = connected.enter_context(Peer.at(address, window=window, tls=tls))
            if name is not None:
                peer.login(name, **more)
            return peer

        yield to


class ServerProcess:
    """A `python -m server` of its own, which has said where it listens."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self._log = log
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert ready, f"It says nothing; on stderr: {self.log}"
        self.first_line = process.stdout.readline()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def address(self) -> tuple[str, int]:
        return self._address(self.first_line)

    @property
    def tls_address(self) -> tuple[str, int]:
        """Of a server that was started with TLS; to be asked for once."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.endswith(" (TLS)\n"), line
        return self._address(line)

    def _address(self, line: str) -> tuple[str, int]:
        said = line.split()
        assert said[:2] == ["listening", "on"], f"{line!r}, and on stderr: {self.log}"
        host, _, port = said[2].rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal and returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


StartServer = Callable[..., ServerProcess]


@pytest.fixture
def start_server(tmp_path: Path, data: Path) -> Iterator[StartServer]:
    """Starts a server with these arguments; without others it is lenient and takes a free port.

    The `program` is `python -m server` but for what a hash costs, or `server` itself.
    """
    with contextlib.ExitStack() as running:

        def start(*arguments: str, program: str = "tests.cheap_server") -> ServerProcess:
            log = tmp_path / f"server-{len(list(tmp_path.glob('server-*')))}.log"
            usual = [] if "--port" in arguments else ["--port", "0"]
            if "--config" not in arguments:
                settings = tmp_path / "lenient.toml"
                settings.write_text("".join(f"{name} = {value}\n" for name, value in LENIENT.items()))
                usual += ["--config", str(settings)]
            command = [sys.executable, "-m", program, "--data", str(data), *usual, *arguments]
            with log.open("w") as stderr:
                process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True)
            running.enter_context(process)
            # Called before the process is waited for; does nothing where it has ended.
            running.callback(process.kill)
            return ServerProcess(process, log)

        yield start


@pytest.fixture
def server_process(start_server: StartServer) -> ServerProcess:
    return start_server()
