"""What a process and all under it use, on Linux."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from pathlib import Path

from tests.chaos.process import cpu_seconds, use

#: Seconds without work after which a server is taken to be at rest, and how long that is waited for.
_REST = 0.2
_PATIENCE = 20.0


def family(pid: int) -> list[int]:
    """The process, its children and theirs, as far as they are alive."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = stat.read_text().rpartition(")")[2].split()[1]
            children[int(parent)].append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children[one]
    return found


def cpu(pid: int) -> float:
    """Seconds of processor time that the family has used, in steps of a hundredth."""
    total = 0.0
    for one in family(pid):
        with contextlib.suppress(OSError):
            total += cpu_seconds(one)
    return total


def memory(pid: int) -> int:
    """KiB of the family that are really there; what two of them share counts twice."""
    total = 0
    for one in family(pid):
        # A process that has just ended has no memory to tell of.
        with contextlib.suppress(OSError, KeyError):
            total += use(one).memory
    return total


def rest(pid: int) -> None:
    """Waits until the family has nothing to do, so that the next to be measured has the machine for itself."""
    deadline = time.monotonic() + _PATIENCE
    before = cpu(pid)
    while time.monotonic() < deadline:
        time.sleep(_REST)
        if (after := cpu(pid)) - before < 0.1 * _REST:
            return
        before = after
