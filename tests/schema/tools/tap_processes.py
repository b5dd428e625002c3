"""`python -m schema tap` as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from schema.endpoint import endpoint
from tests.client.processes import ROOT
from tests.peer import PATIENCE


class TapProcess:
    """It stands before `server` and has said where it listens; what it shows goes into a file."""

    def __init__(self, folder: Path, server: tuple[str, int], *arguments: str) -> None:
        self.output = folder / "tap.out"
        command = [sys.executable, "-m", "schema", "tap", "--listen", ":0", "--connect", endpoint(*server), *arguments]
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self._errors = self.process.stderr
        first = self._errors.readline()
        assert first.startswith("listening on "), first + self._errors.read()
        host, _, port = first.split()[2].rpartition(":")
        self.address = host, int(port)

    def __enter__(self) -> TapProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        with self.process:
            pass

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """The exit code, what it has shown, and what it has said on stderr since it listened."""
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        return status, self.output.read_text(encoding="utf-8"), self._errors.read()
