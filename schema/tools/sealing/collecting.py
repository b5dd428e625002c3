"""Gathers the messages for a transcript from what `validate` reads, each once and in the order of their numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from types import TracebackType

from schema.codec import decode
from schema.errors import Refusal
from schema.messages import NAMESPACE, Broadcast, Direct, Page, Side, Welcome
from schema.parsing import parse
from schema.tools.inputs.item import Document, Ended, Items, Stream, Unreadable
from schema.tools.sealing.chain import canonical
from schema.tools.sealing.selection import Selection

_MESSAGES = tuple(f"{{{NAMESPACE}}}{message.element}" for message in (Broadcast, Direct))


class Collected:
    """The messages in canonical form, in a file without a name that goes with the program: memory stays the same.

    They have to be counted before the first is written, and a capture has them once for each connection, those of a
    history later than what came after them.
    """

    def __init__(self, items: Items, selection: Selection) -> None:
        """Reads all of it. Raises Unreadable, also where one number stands for two messages."""
        #: What could not be read of what the server sent.
        self.unread = 0
        #: Whether nothing of it is anything but a server's own log.
        self.log = True
        self._selection = selection
        # Where the selection's user is logged in: the files and their connections.
        self._received: set[tuple[str, int | None]] = set()
        self._database = sqlite3.connect("", isolation_level=None)
        try:
            self._database.execute("CREATE TABLE message (seq INTEGER PRIMARY KEY, octets BLOB NOT NULL)")
            self._database.execute("BEGIN")
            self._collect(items)
        except sqlite3.Error as error:
            self.close()
            raise Unreadable(f"what is collected cannot be kept: {error}") from None
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Collected:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def bounds(self) -> tuple[int, int | None, int | None]:
        """How many messages, the first number and the last."""
        found: tuple[int, int | None, int | None]
        found = self._database.execute("SELECT COUNT(*), MIN(seq), MAX(seq) FROM message").fetchone()
        return found

    def messages(self) -> Iterator[tuple[int, bytes]]:
        """Number and canonical form of each, in ascending order."""
        yield from self._database.execute("SELECT seq, octets FROM message ORDER BY seq")

    def _collect(self, items: Items) -> None:
        for item in items:
            if isinstance(item, Ended):
                self._received.discard(_connection(item.stream))
                continue
            stream = item.where.stream
            self.log = self.log and stream.log
            if stream.sender is Side.CLIENT:
                continue
            try:
                if isinstance(item, Document):
                    self._hear(item)
                else:
                    self.unread += 1
            except Refusal:
                self.unread += 1

    def _hear(self, document: Document) -> None:
        """Raises Refusal, also where a message has no canonical form."""
        octets, where = document
        message = decode(octets, where.stream.sender, guarded=False)
        if isinstance(message, Welcome):
            self._logged_in(message, where.stream)
        elif isinstance(message, Broadcast | Direct):
            if self._wants(message, where.stream):
                self._keep(message.seq, canonical(parse(octets)))
        elif isinstance(message, Page):
            self._open(octets, where.stream)

    def _open(self, page: bytes, stream: Stream) -> None:
        """What a history holds are messages as they were sent."""
        for node in parse(page):
            if node.tag not in _MESSAGES:
                continue
            octets = canonical(node)
            message = decode(octets, Side.SERVER, guarded=False)
            if isinstance(message, Broadcast | Direct) and self._wants(message, stream):
                self._keep(message.seq, octets)

    def _wants(self, message: Broadcast | Direct, stream: Stream) -> bool:
        received = self._selection.user is None or stream.log or _connection(stream) in self._received
        return received and self._selection.takes(message)

    def _logged_in(self, welcome: Welcome, stream: Stream) -> None:
        if welcome.name == self._selection.user:
            self._received.add(_connection(stream))

    def _keep(self, seq: int, octets: bytes) -> None:
        kept = self._database.execute("INSERT INTO message VALUES (?, ?) ON CONFLICT DO NOTHING", (seq, octets))
        if kept.rowcount:
            return
        (before,) = self._database.execute("SELECT octets FROM message WHERE seq = ?", (seq,)).fetchone()
        if before != octets:
            raise Unreadable(
                f"the number {seq} stands for two messages that are not the same: this is the traffic of more than one"
                " server, or was changed"
            )


def _connection(stream: Stream) -> tuple[str, int | None]:
    return stream.file, stream.connection
