"""`--capture`: writes what goes over the wire to a file that `python -m schema validate` reads."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue

from schema.capture import MAGIC, Kind, Record, without_password, write_record
from schema.errors import Refusal
from schema.framing import FrameReader
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Message, Side
from server.clock import Clock
from server.errors import StartupError
from server.log import EventLog


class Recorder:
    """Safe to use from any thread; a thread of its own does the writing, so that nobody waits for the disk."""

    def __init__(self, path: Path, clock: Clock, log: EventLog) -> None:
        """Starts a new file. Raises StartupError where it cannot be made."""
        try:
            # With its mode from the first moment on: whoever has opened a file may go on reading it.
            self._file = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        except FileExistsError:
            raise StartupError(f"The capture {path} exists already; name another file.", 73) from None
        except OSError as error:
            raise StartupError(f"The capture {path} cannot be written: {error.strerror}.", 73) from None
        self._clock = clock
        self._log = log
        # What is for the file, or None where a connection has ended; None in place of all ends the thread.
        self._queue: SimpleQueue[tuple[str, int, Record | tuple[bytes, Future[int]] | None] | None] = SimpleQueue()
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
        with contextlib.suppress(OSError):
            self._file.close()

    def received(self, connection: int, document: bytes, message: Message | None, *, logged_in: bool) -> None:
        """A whole document of a client; `message` is what it says, None where it was refused."""
        kept = without_password(document, message, logged_in=logged_in)
        self._put(connection, Side.CLIENT, Kind.DOCUMENT, kept)

    def broken(self, connection: int, count: int) -> None:
        """So many octets of a client never became a document: a bad length, or the part of a frame that was cut.

        They may be part of a login, so only their number is kept.
        """
        if count:
            self._put(connection, Side.CLIENT, Kind.OCTETS, b"*" * count)

    def sending(self, connection: int, octets: bytes) -> Callable[[int], None]:
        """Octets that are about to be offered to the socket of a client; tell the result how many it has taken.

        Asked before, since the answer to what is sent may be recorded before the sender comes to say that it was.
        """
        taken: Future[int] = Future()
        self._queue.put((self._clock.utc(), connection, (octets, taken)))
        return taken.set_result

    def ended(self, connection: int) -> None:
        """Nothing more comes of this connection."""
        self._queue.put((self._clock.utc(), connection, None))

    def _put(self, connection: int, sender: Side, kind: Kind, octets: bytes) -> None:
        time = self._clock.utc()
        self._queue.put((time, connection, Record(time, connection, sender, kind, octets)))

    def _run(self) -> None:
        try:
            self._write()
        except OSError as error:
            self._log.write("capture-ended", reason=error.strerror)
            # The chat goes on without it, and what nobody writes down must not pile up.
            while self._queue.get() is not None:
                pass

    def _write(self) -> None:
        self._file.write(MAGIC)
        self._file.flush()
        while item := self._queue.get():
            time, connection, what = item
            if isinstance(what, Record):
                self._file.write(write_record(what))
            elif what is None:
                self._readers.pop(connection, None)
            else:
                octets, taken = what
                self._cut(time, connection, octets[: taken.result()])
            if self._queue.empty():
                self._file.flush()

    def _cut(self, time: str, connection: int, octets: bytes) -> None:
        for document in self._readers.setdefault(connection, FrameReader(MAX_SERVER_DOCUMENT)).feed(octets):
            if not isinstance(document, Refusal):
                self._file.write(write_record(Record(time, connection, Side.SERVER, Kind.DOCUMENT, document)))
