from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from schema.codec import decode
from schema.messages import Broadcast, Direct, Dm, Message, Pm, Side
from schema.tools.inputs.item import Document, Unreadable
from schema.tools.inputs.message_log import read_message_log
from server.service import Service
from tests.conftest import Connect


def messages(path: Path) -> Iterator[tuple[int | None, Message]]:
    for item in read_message_log(path):
        assert isinstance(item, Document)
        yield item.where.frame, decode(item.octets, Side.SERVER)


def test_rows_are_the_documents_that_they_stand_for(service: Service, connect: Connect, data: Path) -> None:
    """Also while the server is running."""
    alice, bob = connect("alice"), connect("bob")
    first = alice.publish(Pm(id="a", text="<to> everybody & all\n"))
    second = bob.publish(Dm(id="b", to="alice", text="for you"))
    (one, said), (two, told) = messages(data / "messages.db")
    assert isinstance(said, Broadcast)
    assert (one, said.seq, said.room, said.sender, said.text) == (
        *(first, first, "lobby"),
        *("alice", "<to> everybody & all\n"),
    )
    assert isinstance(told, Direct)
    assert (two, told.seq, told.sender, told.to, told.text) == (second, second, "bob", "alice", "for you")


def test_it_only_reads(service: Service, connect: Connect, data: Path) -> None:
    connect("alice").publish(Pm(id="a", text="hello"))
    service.stop()
    before = (data / "messages.db").read_bytes()
    assert len(list(messages(data / "messages.db"))) == 1
    assert (data / "messages.db").read_bytes() == before


@pytest.mark.parametrize("made", ["nothing", "another database", "no database"])
def test_what_is_no_message_log_is_unreadable(tmp_path: Path, made: str) -> None:
    path = tmp_path / "messages.db"
    if made == "another database":
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE message (a)")
        database.close()
    elif made == "no database":
        path.write_bytes(b"SQLite format 3\0" + b"x" * 200)
    with pytest.raises(Unreadable):
        list(read_message_log(path))
