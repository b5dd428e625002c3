"""`--capture`: writes what goes over the wire to a file that `python -m schema validate` reads."""

from __future__ import annotations

import threading
from pathlib import Path
from queue import SimpleQueue

from schema.capture import MAGIC, Kind, Record, without_password, write_record
from schema.errors import Refusal
from schema.framing import FrameReader
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Message, Side
from server.clock import Clock
from server.errors import StartupError


class Recorder:
    """Safe to use from any thread; a thread of its own does the writing, so that nobody waits for the disk."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Starts a new file. Raises StartupError where it cannot be made."""
        try:
            self._file = path.open("xb")
        except FileExistsError:
            raise StartupError(f"The capture {path} exists already; name another file.", 73) from None
        except OSError as error:
            raise StartupError(f"The capture {path} cannot be written: {error.strerror}.", 73) from None
        path.chmod(0o600)
        self._clock = clock
        # Octets for the file; None ends the thread.
        self._queue: SimpleQueue[tuple[str, int, bytes | Record] | None] = SimpleQueue()
        # What the server sends on each connection, cut into documents again. Only the thread uses it.
        self._readers: dict[int, FrameReader] = {}
        self._thread = threading.Thread(target=self._run, name="recorder")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Writes what is still to be written and closes the file; the thread need not have been started."""
        self._queue.put(None)
        if self._thread.ident is not None:
            self._thread.join()
        self._file.close()

    def received(self, connection: int, document: bytes, message: Message | None, *, logged_in: bool) -> None:
        """A whole document of a client; `message` is what it says, None where it was refused."""
        kept = without_password(document, message, logged_in=logged_in)
        self._put(connection, Side.CLIENT, Kind.DOCUMENT, kept)

    def broken(self, connection: int, octets: bytes) -> None:
        """Octets of a client that never became a document. They may be part of a login: only their number is kept."""
        if octets:
            self._put(connection, Side.CLIENT, Kind.OCTETS, b"*" * len(octets))

    def sent(self, connection: int, octets: bytes) -> None:
        """Octets that the socket of a client has taken, wherever they begin or end."""
        self._queue.put((self._clock.utc(), connection, octets))

    def _put(self, connection: int, sender: Side, kind: Kind, octets: bytes) -> None:
        time = self._clock.utc()
        self._queue.put((time, connection, Record(time, connection, sender, kind, octets)))

    def _run(self) -> None:
        self._file.write(MAGIC)
        self._file.flush()
        while item := self._queue.get():
            time, connection, what = item
            if isinstance(what, Record):
                self._file.write(write_record(what))
            else:
                self._cut(time, connection, what)
            if self._queue.empty():
                self._file.flush()

    def _cut(self, time: str, connection: int, octets: bytes) -> None:
        for document in self._readers.setdefault(connection, FrameReader(MAX_SERVER_DOCUMENT)).feed(octets):
            if not isinstance(document, Refusal):
                self._file.write(write_record(Record(time, connection, Side.SERVER, Kind.DOCUMENT, document)))
