from __future__ import annotations

import socket
import struct
from io import BytesIO
from pathlib import Path

import pytest

from schema.capture import MAGIC, Kind, Record, read_records
from schema.codec import decode, encode
from schema.framing import frame
from schema.messages import Login, Message, Pm, Side
from schema.tools.validate import found_in
from server.errors import StartupError
from server.log import EventLog
from server.recorder import Recorder
from tests.conftest import Connect, Serve
from tests.server.fake_clock import FakeClock

SECRET = "correct-horse-battery-staple"

#: What clients send that holds a password, right and wrong, whole and in part.
LOGINS = {
    "right": frame(encode(Login(id="1", name="anna", password=SECRET, register=True))),
    "unknown name": frame(encode(Login(id="1", name="nobody", password=SECRET))),
    "attribute": frame(f'<login xmlns="urn:xmlchat:1" id="1" name="anna" password="{SECRET}"/>'.encode()),
    "misspelt": frame(f'<login xmlns="urn:xmlchat:1" id="1" name="anna"><pasword>{SECRET}</pasword></login>'.encode()),
    "no namespace": frame(f'<login id="1" name="anna"><password>{SECRET}</password></login>'.encode()),
    "not well-formed": frame(f'<login xmlns="urn:xmlchat:1" id="1"><password>{SECRET}'.encode()),
    "utf-16": frame(f"<password>{SECRET}</password>".encode("utf-16")),
    "too large": frame(f"<password>{SECRET}</password>".encode() * 2000),
    "cut": frame(encode(Login(id="1", name="anna", password=SECRET)))[:-5],
    "http": f"POST /login?password={SECRET} HTTP/1.1\r\n\r\n".encode(),
    "twice": frame(encode(Login(id="1", name="anna", password=SECRET, register=True)))
    + frame(encode(Login(id="2", name="anna", password=SECRET)))
    + frame(f'<login xmlns="urn:xmlchat:1" id="3"><password>{SECRET}</password></login>'.encode()),
}


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return tmp_path / "talk.capture"


def records(capture: Path) -> list[Record]:
    octets = capture.read_bytes()
    assert octets.startswith(MAGIC)
    return list(read_records(BytesIO(octets[len(MAGIC) :])))


def documents(capture: Path, side: Side, connection: int) -> list[Message]:
    return [
        decode(record.octets, side)
        for record in records(capture)
        if (record.sender, record.connection, record.kind) == (side, connection, Kind.DOCUMENT)
    ]


@pytest.mark.parametrize("form", LOGINS)
def test_no_password_is_in_the_capture_however_it_was_sent(
    serve: Serve, connect: Connect, capture: Path, form: str
) -> None:
    service = serve(capture=capture)
    peer = connect(at=service.address)
    peer.send_octets(LOGINS[form])
    if form not in ("cut", "http"):
        peer.sync()
    # The server closes its side when it has seen the end of ours.
    peer.socket.shutdown(socket.SHUT_WR)
    peer.expect_closed()
    service.stop()
    octets = capture.read_bytes()
    for spelling in (SECRET.encode(), SECRET.encode("utf-16-le"), SECRET[:8].encode()):
        assert spelling not in octets
    # What was sent is in there all the same.
    assert any(record.sender is Side.CLIENT and record.connection == 1 for record in records(capture))


def test_a_conversation_is_recorded_whole_and_is_valid(serve: Serve, connect: Connect, capture: Path) -> None:
    service = serve(capture=capture)
    anna, ben = connect("anna", at=service.address), connect("ben", at=service.address)
    for number in range(50):
        anna.publish(Pm(id=f"m{number}", text=f"Grüße\n{number}"))
    heard = [*ben.sync()]
    service.stop()
    ben.expect_bye("shutdown")
    assert list(found_in(str(capture))) == []
    said = [message.text for message in documents(capture, Side.CLIENT, 1) if isinstance(message, Pm)]
    assert said == [f"Grüße\n{number}" for number in range(50)]
    [login] = [message for message in documents(capture, Side.CLIENT, 1) if isinstance(message, Login)]
    assert login.password == "********"
    told = documents(capture, Side.SERVER, 2)
    assert [message for message in told if message.element == "broadcast"] == [
        message for message in heard if message.element == "broadcast"
    ]
    assert [message.element for message in told][:2] == ["greeting", "welcome"]
    assert told[-1].element == "bye"


def test_what_is_sent_stands_before_what_the_client_answers_to_it(
    serve: Serve, connect: Connect, capture: Path
) -> None:
    """The sender may be late to say how much the socket took, when the answer is there already."""
    service = serve(capture=capture)
    for _ in range(20):
        with connect(at=service.address) as peer:
            peer.sync()
    service.stop()
    for number in range(1, 21):
        order = [record.sender for record in records(capture) if record.connection == number]
        # Whoever has not been noticed to be gone when the server stops is told so.
        assert order[:3] == [Side.SERVER, Side.CLIENT, Side.SERVER]


def test_a_sender_that_is_late_to_say_how_much_was_taken_keeps_its_place(clock: FakeClock, capture: Path) -> None:
    recorder = Recorder(capture, clock, EventLog("text", clock))
    taken = recorder.sending(1, frame(b"<greeting/>"))
    recorder.received(1, b"<ping/>", None, logged_in=True)
    recorder.start()
    taken(len(frame(b"<greeting/>")))
    recorder.stop()
    assert [record.sender for record in records(capture)] == [Side.SERVER, Side.CLIENT]


@pytest.mark.parametrize("octets", [b"\0\0\0\0", b"GET / HTTP/1.1\r\n\r\n", frame(b"x" * 70_000)])
def test_what_never_became_a_document_is_recorded_as_octets(
    serve: Serve, connect: Connect, capture: Path, octets: bytes
) -> None:
    service = serve(capture=capture)
    peer = connect(at=service.address)
    peer.send_octets(octets)
    peer.receive()
    peer.close()
    service.stop()
    [record] = [record for record in records(capture) if record.sender is Side.CLIENT]
    assert (record.kind, record.octets) == (Kind.OCTETS, b"****")


def test_a_frame_that_was_cut_is_recorded_by_its_length(serve: Serve, connect: Connect, capture: Path) -> None:
    service = serve(capture=capture)
    peer = connect(at=service.address)
    peer.send_octets(struct.pack(">I", 100) + b"<login>")
    peer.socket.shutdown(socket.SHUT_WR)
    # The server closes its side when it has seen the end of ours.
    peer.expect_closed()
    service.stop()
    [record] = [record for record in records(capture) if record.sender is Side.CLIENT]
    assert (record.kind, record.octets) == (Kind.OCTETS, b"*" * 11)


def test_octets_that_are_sent_in_pieces_are_documents_again(clock: FakeClock, capture: Path) -> None:
    recorder = Recorder(capture, clock, EventLog("text", clock))
    recorder.start()
    streams = {1: frame(b"<a/>") + frame(b"<bb/>"), 2: frame(b"<ccc/>")}
    for place in range(20):
        for number, stream in streams.items():
            if piece := stream[place : place + 1]:
                recorder.sending(number, piece)(len(piece))
    recorder.stop()
    found = [(record.connection, record.octets) for record in records(capture)]
    assert sorted(found) == [(1, b"<a/>"), (1, b"<bb/>"), (2, b"<ccc/>")]


def test_the_file_is_its_owners_alone_and_never_one_that_was_there(clock: FakeClock, capture: Path) -> None:
    Recorder(capture, clock, EventLog("text", clock)).stop()
    assert capture.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StartupError, match="exists already") as raised:
        Recorder(capture, clock, EventLog("text", clock))
    assert raised.value.status == 73
