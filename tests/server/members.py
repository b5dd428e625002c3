"""A member of rooms that is no connection: it keeps what it is sent."""

from __future__ import annotations

from collections.abc import Callable

from schema.codec import decode, encode
from schema.errors import Refusal
from schema.framing import FrameReader, frame
from schema.limits import MAX_SERVER_DOCUMENT
from schema.messages import Bye, Message, Ping, Side, Users
from server.line import Line
from server.reading import Reading
from server.rooms import Member


class Handed:
    """In place of the delivery: hands FakeMembers what is for them, at once."""

    def broadcast(self, audience: tuple[Member, ...], frames: bytes) -> None:
        for member in audience:
            assert isinstance(member, FakeMember)
            member.send(frames)


class FakeMember:
    def __init__(self, name: str, host: str = "127.0.0.1") -> None:
        self.name = name
        self.host = host
        self.reading = Reading()
        self.pieces: list[bytes] = []
        self.refusals: list[Refusal] = []
        self.finished: str | None = None
        #: Called after each piece, in the thread that sends it.
        self.then: Callable[[], None] = lambda: None

    @property
    def line(self) -> Line:
        raise AssertionError("it has none")

    def ask_read(self, seq: int) -> Ping:
        return self.reading.ping(seq)

    def send(self, frames: bytes) -> None:
        self.pieces.append(frames)
        self.then()

    def refuse(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)
        self.then()

    def finish(self, reason: str, last: Bye | None = None) -> None:
        if last is not None:
            self.pieces.append(frame(encode(last)))
        self.finished = reason
        self.then()

    def end(self, last: Bye) -> None:
        self.finish(last.code)

    @property
    def received(self) -> list[Message]:
        found = FrameReader(MAX_SERVER_DOCUMENT).feed(b"".join(self.pieces))
        return [decode(document, Side.SERVER) for document in found if isinstance(document, bytes)]

    @property
    def lists(self) -> list[tuple[str, ...]]:
        """The lists of users that the member did not ask for."""
        return [message.names for message in self.received if isinstance(message, Users) and message.re is None]

    def __repr__(self) -> str:
        return self.name
