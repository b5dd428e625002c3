"""The client as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Seconds for a process: it has to be gone within them whatever happens, and the first start may be slow.
SOON = 10.0

Address = tuple[str, int]


def command(address: Address, *arguments: str) -> list[str]:
    """How to start a client of the server at this address."""
    host, port = address
    return [sys.executable, "-m", "client", "--host", host, "--port", str(port), *arguments]


def surroundings(password: str | None = None, **more: str) -> dict[str, str]:
    """Environment variables, with this password or none."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XMLCHAT_")}
    return kept | ({} if password is None else {"XMLCHAT_PASSWORD": password}) | more


def talk(
    address: Address, *arguments: str, typed: str | bytes = b"", password: str | None = "secret", **more: str
) -> subprocess.CompletedProcess[str]:
    """Runs a client to its end. The name is alice where no other is given."""
    user = () if "--user" in arguments else ("--user", "alice")
    done = subprocess.run(
        command(address, *user, *arguments),
        input=typed.encode() if isinstance(typed, str) else typed,
        capture_output=True,
        cwd=ROOT,
        env=surroundings(password, **more),
        timeout=SOON,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


class Running:
    """A client that runs."""

    def __init__(self, address: Address, *arguments: str) -> None:
        self.process = subprocess.Popen(
            command(address, "--user", "alice", "--register", *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=surroundings("secret"),
            text=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input = self.process.stdin
        self.output = self.process.stdout

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        with self.process:
            pass

    def welcomed(self) -> None:
        """Waits until it shows that it is logged in."""
        assert self.output.readline().startswith("* You are alice.")

    def type(self, line: str) -> None:
        self.input.write(line + "\n")
        self.input.flush()

    def said(self) -> str:
        """The next line on stderr."""
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def end(self) -> tuple[int, str]:
        """The exit status and what was said on stderr, once it has ended."""
        status = self.process.wait(SOON)
        assert self.process.stderr is not None
        return status, self.process.stderr.read()
