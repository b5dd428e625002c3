"""`--record`: keeps what was seen in a capture, as the server's --capture does (PROTOCOL.md §9.1)."""

from __future__ import annotations

import os
from pathlib import Path

from schema.capture import MAGIC, Record, write_record
from schema.tools.tapping.witness import Seen


class Recording:
    """Not thread-safe. What was seen holds no passwords, so nothing is blanked here."""

    def __init__(self, path: Path) -> None:
        """Starts a new file, which only its owner can read. Raises OSError, FileExistsError where there is one."""
        self._file = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        self._file.write(MAGIC)
        self._file.flush()

    def keep(self, seen: Seen) -> None:
        """It is in the file when this returns. Raises OSError."""
        stream, time = seen.where.stream, seen.where.utc
        assert stream.sender is not None
        assert stream.connection is not None
        assert time is not None
        self._file.write(write_record(Record(time, stream.connection, stream.sender, seen.kind, seen.octets)))
        self._file.flush()

    def close(self) -> None:
        self._file.close()
