"""How far the reading of a long file is, on a terminal's stderr."""

from __future__ import annotations

import os
import time
from typing import BinaryIO, TextIO

#: Seconds from one line to the next, and before the first: what is short needs none.
_EVERY = 0.5

#: Documents from one look at the clock to the next.
_STEP = 2048


class Progress:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._file: BinaryIO | None = None
        self._size = 0
        self._began = self._next = time.monotonic() + _EVERY
        self._count = 0
        self._shown = False

    def opened(self, file: BinaryIO) -> None:
        self._file = file
        try:
            self._size = os.fstat(file.fileno()).st_size
        except (OSError, AttributeError):
            self._size = 0

    def step(self) -> None:
        """Another document was judged."""
        self._count += 1
        if self._count % _STEP == 0 and (now := time.monotonic()) >= self._next:
            self._next = now + _EVERY
            self._show(now)

    def clear(self) -> None:
        """Takes the line away, before something else is written or at the end."""
        if self._shown:
            self._out.write("\r\x1b[K")
            self._out.flush()
            self._shown = False

    def _show(self, now: float) -> None:
        rate = self._count / max(now - self._began + _EVERY, 0.001)
        done = f"{100 * self._file.tell() // self._size} %, " if self._size and self._file is not None else ""
        self._out.write(f"\r\x1b[K{done}{self._count:,} documents, {rate:,.0f} a second")
        self._out.flush()
        self._shown = True
