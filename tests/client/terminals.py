"""The client in a terminal of its own."""

from __future__ import annotations

import re
import shlex
import sys
import termios
from collections.abc import Callable, Mapping

import pexpect
import pyte

from tests.client.processes import ROOT, SOON, command, surroundings


class Terminal:
    """A client in a terminal, of 80 by 24 where nothing else is said, and its screen."""

    def __init__(
        self,
        address: tuple[str, int] | None,
        *arguments: str,
        password: str | None = None,
        size: tuple[int, int] = (80, 24),
        script: str = "{}",
        **more: str,
    ) -> None:
        """`more` are environment variables. Without an address it is started with these arguments alone.

        `script` is for a shell that starts the client where it says {}.
        """
        columns, rows = size
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        #: All that the client has written.
        self.raw = bytearray()
        said = [sys.executable, "-m", "client"] if address is None else command(address, "--user", "alice")
        program, *rest = *said, *arguments
        if script != "{}":
            rest = ["--norc", "--noprofile", "-ic", script.format(shlex.join([program, *rest]))]
            program = "bash"
        self.child: pexpect.spawn[bytes] = pexpect.spawn(
            program,
            rest,
            cwd=str(ROOT),
            env=surroundings(password, TERM="xterm", PROMPT_TOOLKIT_NO_CPR="1", **more),
            dimensions=(rows, columns),
            timeout=SOON,
        )
        self.child.delaybeforesend = None
        self.child.logfile_read = self

    def write(self, octets: bytes) -> None:
        """What the client has written, as pexpect reads it."""
        self.raw += octets
        self._stream.feed(octets)

    def flush(self) -> None: ...

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, without the blank lines."""
        return [line.rstrip() for line in self._display() if line.strip()]

    @property
    def text(self) -> str:
        """The whole screen, row below row."""
        return "\n".join(line.rstrip() for line in self._display())

    def _display(self) -> list[str]:
        """Row by row; pyte's own fails where half of a wide character was written over."""
        columns = range(self._screen.columns)
        return ["".join(self.row(number)[column].data for column in columns) for number in range(self._screen.lines)]

    def row(self, number: int) -> Mapping[int, pyte.screens.Char]:
        """The cells of a row."""
        row: Mapping[int, pyte.screens.Char] = self._screen.buffer[number]
        return row

    @property
    def cursor(self) -> tuple[int, int]:
        """Its column and its row."""
        return self._screen.cursor.x, self._screen.cursor.y

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    @property
    def title(self) -> str:
        return str(self._screen.title)

    def shows(self, wanted: str) -> None:
        """Waits until a line of the screen matches."""
        self._await(lambda: any(re.fullmatch(wanted, line) for line in self.lines), wanted)

    def ends_with(self, wanted: str) -> None:
        """Waits until the last line of the screen is this one: below what was shown last, the prompt is drawn anew."""
        self._await(lambda: self.lines[-1:] == [wanted], wanted)

    def _await(self, there: Callable[[], bool], wanted: str) -> None:
        while not there():
            try:
                self.child.expect(b".+")
            except (pexpect.EOF, pexpect.TIMEOUT):
                raise AssertionError(f"not on the screen: {wanted!r}; there is {self.lines}") from None

    def until(self, there: Callable[[str], object], wanted: str = "what the test waits for") -> None:
        """Waits until the whole screen is as it should be."""
        self._await(lambda: bool(there(self.text)), wanted)

    def press(self, keys: str) -> None:
        self.child.send(keys)

    def enter(self, line: str) -> None:
        self.press(line + "\r")

    def end(self) -> int | None:
        """The exit status, once it has ended."""
        self.child.expect(pexpect.EOF)
        self.child.wait()
        return self.child.exitstatus

    def is_sane(self) -> bool:
        """Whether what is typed is shown again, and comes line by line."""
        modes = termios.tcgetattr(self.child.child_fd)[3]
        return bool(modes & termios.ECHO and modes & termios.ICANON and modes & termios.ISIG)
