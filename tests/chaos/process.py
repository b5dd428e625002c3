"""What the operating system tells of a process, on Linux."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Use:
    descriptors: int
    threads: int
    #: Memory that is really there, in KiB.
    memory: int


def use(pid: int) -> Use:
    folder = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    return Use(len(list((folder / "fd").iterdir())), int(status["Threads"]), int(status["VmRSS"].split()[0]))


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
