"""A disk that is full or read-only: senders are told, readers go on, nothing acknowledged is lost, and it recovers."""

from __future__ import annotations

import contextlib
import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from client import Client
from tests.chaos.crew import AWAY, VISITOR, Crew, names
from tests.chaos.report import Report
from tests.chaos.target import PASSWORD, PATIENCE, Target

#: What the server may still write into a file beyond what its log has.
_LEFT = 256 * 1024

#: Octets of the small file system: enough for all rounds.
_TMPFS = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sizes:
    rounds: int = 10
    #: Acknowledged before each round, and refused in it.
    messages: int = 2_000
    refused: int = 500
    #: `limit` lets the server write no further into any file; `tmpfs`, for root alone, fills a small file system; with
    #: `readonly` strace answers each write into a file with EROFS, as a file system does that was mounted anew.
    how: str = "limit"
    seed: int = 1


def run(folder: Path, sizes: Sizes) -> Report:
    report = Report("full")
    senders, listeners = names(2, 1)
    users = [*senders, *listeners, VISITOR, AWAY, "carol"]
    with contextlib.ExitStack() as opened:
        disk = opened.enter_context(_disk(sizes.how, folder))
        target = opened.enter_context(Target(folder, users))
        crew = opened.enter_context(Crew(target.address, folder, senders, listeners, sizes.seed))
        crew.talk(pause=0.002)
        slowest = max(_fill(disk, target, crew, sizes, report) for _ in range(sizes.rounds))
        crew.finish(report)
        crew.judge(report, target.messages, target.stop)
    report.figures |= {"rounds": sizes.rounds, "refused": crew.refused.count, "slowest recovery, ms": slowest * 1000}
    report.expect(target.log("not-stored") > 0, "the server's log does not tell of it")
    report.expect(target.log("internal-error") == 0, "the server had internal errors")
    return report


def _fill(disk: Disk, target: Target, crew: Crew, sizes: Sizes, report: Report) -> float:
    """The disk is full for a while; seconds from when it no longer is to the first answer."""
    report.expect(crew.acknowledged.reached(crew.acknowledged.count + sizes.messages), "nothing is acknowledged")
    disk.fill(target)
    report.expect(crew.refused.reached(crew.refused.count + sizes.refused), "nothing is refused")
    _read(target, report)
    began, acknowledged = time.monotonic(), crew.acknowledged.count
    disk.clear(target)
    report.expect(crew.acknowledged.reached(acknowledged + 1), "it does not recover")
    return time.monotonic() - began


class Disk(Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def fill(self, target: Target) -> None:
        """Nothing more can be written, or little."""

    def clear(self, target: Target) -> None:
        """There is room again."""


def _disk(how: str, folder: Path) -> Disk:
    kinds: dict[str, Callable[[Path], Disk]] = {"limit": _Limit, "tmpfs": _Tmpfs, "readonly": _ReadOnly}
    return kinds[how](folder)


class _Limit:
    """The server may write no further into any file."""

    def __init__(self, _folder: Path) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def fill(self, target: Target) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(target.pid, resource.RLIMIT_FSIZE, (target.log_file.stat().st_size + _LEFT, hard))

    def clear(self, target: Target) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.prlimit(target.pid, resource.RLIMIT_FSIZE, (hard, hard))


class _ReadOnly(_Limit):
    """What the server writes into a file is refused with EROFS."""

    _tracer: subprocess.Popen[bytes] | None = None

    def fill(self, target: Target) -> None:
        refuse = ["-e", "trace=pwrite64", "-e", "inject=pwrite64:error=EROFS"]
        self._tracer = subprocess.Popen(["strace", "-f", "-q", "-p", str(target.pid), *refuse, "-o", "/dev/null"])

    def clear(self, target: Target) -> None:
        assert self._tracer is not None
        self._tracer.terminate()
        self._tracer.wait()


class _Tmpfs:
    """The data is on a small file system of its own, which something else fills."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / "data"
        self._ballast = self._place / "ballast"

    def __enter__(self) -> Self:
        self._place.mkdir(mode=0o700)
        command = ["mount", "-t", "tmpfs", "-o", f"size={_TMPFS},mode=700", "xmlchat", str(self._place)]
        subprocess.run(command, check=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The checker has read what it wants.
        subprocess.run(["umount", str(self._place)], check=True)

    def fill(self, target: Target) -> None:
        with contextlib.suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))

    def clear(self, target: Target) -> None:
        self._ballast.unlink()


def _read(target: Target, report: Report) -> None:
    """While nothing can be written, one can log in and read."""
    with Client.connect(*target.address, timeout=PATIENCE) as chat:
        chat.login("carol", PASSWORD)
        report.expect("carol" in {user.name for user in chat.users()}, "the users cannot be read")
        report.expect(len(chat.history()) == 50, "the history cannot be read")
        report.expect(bool(chat.rooms()), "the rooms cannot be read")
