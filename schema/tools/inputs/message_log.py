"""The message log in a server's data folder, as the documents that its rows stand for."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from schema.mapping import WRITERS
from schema.messages import Broadcast, Direct, Message, Side
from schema.tools.inputs.item import Document, Items, Stream, Unreadable, Where

NAME = "messages.db"
MAGIC = b"SQLite format 3\0"


def read_message_log(path: Path) -> Items:
    """Reads only, and may do so while the server writes. `frame` is the message's number. Raises Unreadable."""
    stream = Stream(str(path), Side.SERVER, log=True)
    try:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            columns = {row[1] for row in database.execute("PRAGMA table_info(message)")}
            if not columns >= {"seq", "time", "sender", "room", "recipient", "text"}:
                raise Unreadable("this database is not the message log of a server")
            # A log that an older server wrote has no kinds.
            kind = "kind" if "kind" in columns else "NULL"
            query = f"SELECT seq, time, sender, room, recipient, text, {kind} FROM message ORDER BY seq"  # noqa: S608
            for row in database.execute(query):
                message = _message(*row)
                yield Document(WRITERS[type(message)](message), Where(stream, row[0], time=row[1]))
        finally:
            database.close()
    except sqlite3.Error as error:
        raise Unreadable(str(error)) from None


def _message(
    seq: int, time: str, sender: str, room: str | None, recipient: str | None, text: str, kind: str | None
) -> Message:
    if room is not None:
        return Broadcast(seq=seq, room=room, sender=sender, time=time, text=text, kind=kind)
    return Direct(seq=seq, sender=sender, to=recipient or "", time=time, text=text, kind=kind)
