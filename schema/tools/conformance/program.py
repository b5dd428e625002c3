"""The client that is checked, as a program: what is typed goes to its input, what it writes is kept."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Sequence
from time import monotonic

from schema.tools.conformance.check import Failed

#: Octets of output that are kept; what comes after is read and passed over.
MAX_OUTPUT = 16 * 1024 * 1024

#: Seconds for a program that was killed to be gone.
_DYING = 10.0


class Program:
    """What it says on stdout and on stderr is one output. `ended` can be selected: it is readable once that is over."""

    def __init__(self, command: Sequence[str], surroundings: dict[str, str]) -> None:
        """Raises OSError where there is no such program."""
        self._process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **surroundings},
            # So that it can be ended with all that it has started.
            start_new_session=True,
        )
        self._output = bytearray()
        # Guards _output and _over, and says when they change.
        self._changed = threading.Condition()
        self._over = False
        self.ended, self._ending = socket.socketpair()
        self._reader = threading.Thread(target=self._read, name="program-output")
        self._reader.start()

    def type(self, line: str) -> None:
        """Raises Failed where it takes no more lines."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise Failed(f"the client takes no more lines; {self.last_words()}") from None

    def output(self) -> str:
        with self._changed:
            return self._output.decode(errors="replace")

    def last_words(self) -> str:
        """The end of its output, for a sentence."""
        lines = self.output().strip().splitlines()
        return f"its last line was {lines[-1]!r}" if lines else "it has written nothing"

    def wait_for(self, text: str, seconds: float) -> bool:
        """Whether its output holds this, now or within this time."""
        deadline = monotonic() + seconds
        wanted = text.encode()
        with self._changed:
            while wanted not in self._output:
                left = deadline - monotonic()
                if self._over or left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def close(self) -> None:
        """Ends it, whatever it does."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_DYING)
        self._reader.join()
        for end in (self._process.stdin, self._process.stdout, self.ended, self._ending):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        while octets := os.read(self._process.stdout.fileno(), 64 * 1024):
            with self._changed:
                self._output += octets[: MAX_OUTPUT - len(self._output)]
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._ending.close()
