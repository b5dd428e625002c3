"""What tests of recordings ask for."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.peer import PATIENCE

TcpDump = Callable[..., Path]


def _reason() -> str | None:
    if shutil.which("tcpdump") is None:
        return "tcpdump is not installed"
    if os.geteuid() != 0:
        return "tcpdump records on loopback for root only"
    return None


@pytest.fixture
def tcpdump(tmp_path: Path) -> Iterator[TcpDump]:
    """Starts to record what goes over this port; each packet is on disk as it comes. `until` waits for the last."""
    if (reason := _reason()) is not None:
        pytest.skip(reason)
    running: list[subprocess.Popen[str]] = []

    def start(port: int, interface: str = "lo") -> Path:
        path = tmp_path / f"{interface}.pcap"
        # As root it would give up its rights, and then could not write here.
        command = ["tcpdump", "-i", interface, "-U", "-s", "0", "-B", "16384", "--immediate-mode", "-Z", "root"]
        process = subprocess.Popen(
            [*command, "-w", str(path), f"tcp port {port}"], stderr=subprocess.PIPE, text=True, bufsize=1
        )
        running.append(process)
        assert process.stderr is not None
        while "listening on" not in (line := process.stderr.readline()):
            assert line, "tcpdump has ended"
        return path

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def until(recorded: Callable[[], bool]) -> None:
    """tcpdump says nothing when it has written a packet, so the file is looked at."""
    deadline = time.monotonic() + PATIENCE
    while not recorded():
        assert time.monotonic() < deadline, "tcpdump has not recorded it"
        select.select([], [], [], 0.005)
