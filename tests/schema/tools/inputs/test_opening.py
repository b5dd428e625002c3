from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from schema.capture import MAGIC
from schema.framing import frame
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Pm, Side
from schema.tools.inputs.item import Document, Item, Unreadable
from schema.tools.inputs.opening import Reading, read_items
from server.service import Service
from tests.conftest import Connect
from tests.schema.tools.traffic import captured, chat, framed, recorded, segments

PING = b'<ping xmlns="urn:xmlchat:1" id="1"/>'
KINDS = {
    "document": PING,
    "framed stream": framed(chat()),
    "capture": recorded(chat()),
    "packets": captured(segments(chat())),
}


def octets(items: list[Item]) -> list[bytes]:
    return [item.octets for item in items if isinstance(item, Document)]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_told_by_its_content(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "no.telling"
    path.write_bytes(KINDS[kind])
    expected = [PING] if kind == "document" else [said for _, said in chat()]
    assert octets(list(read_items(str(path)))) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_the_standard_input_too(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(KINDS[kind]))))
    assert octets(list(read_items("-")))[-1] == (PING if kind == "document" else chat()[-1][1])


@pytest.mark.parametrize("said", [b"", b"x", b"GET / HTTP/1.1\r\n\r\n", MAGIC[:-1], b"\xff\xfe<\0", b"xmlc"])
def test_what_is_nothing_else_is_one_document(said: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(said)
    assert octets(list(read_items(str(path)))) == [said]


def test_of_a_document_no_more_is_read_than_shows_that_it_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"<" * (MAX_SERVER_DOCUMENT + 1000))
    [document] = octets(list(read_items(str(path))))
    assert MAX_SERVER_DOCUMENT < len(document) <= MAX_SERVER_DOCUMENT + 10


def test_a_folder_gives_what_is_in_it_and_passes_over_what_is_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "ping.xml").write_bytes(PING)
    (tmp_path / "a.capture").write_bytes(recorded(chat()))
    (tmp_path / "broken.xml").write_bytes(b"not XML")
    (tmp_path / "README.md").write_bytes(b"# A folder")
    (tmp_path / "index.json").write_bytes(b"{}")
    (tmp_path / ".hidden").write_bytes(PING)
    assert octets(list(read_items(str(tmp_path)))) == [*(said for _, said in chat()), PING, b"not XML"]


def test_a_data_folder_gives_its_message_log(service: Service, connect: Connect, data: Path) -> None:
    connect("alice").publish(Pm(id="a", text="hello"))
    service.stop()
    [document] = octets(list(read_items(str(data))))
    assert b"<text>hello</text>" in document
    assert octets(list(read_items(str(data / "messages.db")))) == [document]


def test_the_sender_is_told_where_the_file_does_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(frame(PING))
    [item] = read_items(str(path), Reading(sender=Side.CLIENT))
    assert isinstance(item, Document)
    assert item.where.stream.sender is Side.CLIENT


def test_a_pipe_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a full buffer: the first document is there before the pipe has ended."""
    receiving, sending = os.pipe()
    with os.fdopen(receiving) as reader, os.fdopen(sending, "wb", buffering=0) as writer:
        monkeypatch.setattr(sys, "stdin", reader)
        items = read_items("-")
        writer.write(frame(PING))
        assert isinstance(next(items), Document)
        writer.close()
        assert list(items) == []


@pytest.mark.parametrize("name", ["missing", "."])
def test_what_cannot_be_opened_is_unreadable(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == ".":
        path = Path("/proc/self/mem")
    with pytest.raises(Unreadable):
        list(read_items(str(path)))
