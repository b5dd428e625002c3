"""`--follow`: a file that somebody else is still writing, read as if it had no end."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

#: Seconds from one look at the end of the file to the next: soon enough for a person who watches.
_EVERY = 0.1


class Growing(io.RawIOBase):
    """Waits at the end of the file for more, until Ctrl+C, which ends it as the end of a file does.

    Raises OSError where the file was cut off meanwhile, as by a new recording under the same name.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            while not self._ended:
                count = self._file.readinto(buffer)
                if count:
                    return count
                if self._file.tell() > os.fstat(self._file.fileno()).st_size:
                    raise OSError("the file was cut off while it was read")
                time.sleep(_EVERY)
        except KeyboardInterrupt:
            self._ended = True
        return 0

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()
