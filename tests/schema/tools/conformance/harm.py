"""What stands between a sound server and its clients, and makes it a broken one."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from schema.codec import decode, encode
from schema.errors import CODES, Refusal
from schema.framing import FrameReader, frame
from schema.limits import MAX_SERVER_DOCUMENT, MAX_SKIPPED_FRAME
from schema.messages import Dm, Error, Login, Message, Ok, Pm, Rooms, Side

Address = tuple[str, int]

#: What is said of a document that cannot be accepted, whoever sends it and whenever.
BAD_INPUT = frozenset(list(CODES)[list(CODES).index("too-large") : list(CODES).index("invalid") + 1])


class HungUp(Exception):
    """The broken server ends the connection here."""


class Harm:
    """One connection, passed on as it is. `to_server` and `to_client` are called in a thread each."""

    def to_server(self, octets: bytes) -> bytes:
        return octets

    def to_client(self, message: Message) -> Message:
        """Raises HungUp."""
        return message


class WrongRe(Harm):
    """Answers a `list` as if another command had been sent."""

    def to_client(self, message: Message) -> Message:
        return replace(message, re="another") if isinstance(message, Rooms) else message


class HangsUp(Harm):
    """Ends the connection where it should say what is wrong."""

    def to_client(self, message: Message) -> Message:
        if isinstance(message, Error) and message.code in BAD_INPUT:
            raise HungUp
        return message


class PostsAgain(Harm):
    """Takes a command that is sent again for a new one: the sound server behind it is given a new id each time."""

    def __init__(self, before: set[tuple[str, str]]) -> None:
        """`before` is what was sent, on whatever connection: the words for `client` with the ids under them."""
        self._before = before
        self._word = ""
        self._names: dict[str, str] = {}
        self._frames = FrameReader(MAX_SKIPPED_FRAME)

    def to_server(self, octets: bytes) -> bytes:
        for found in self._frames.feed(octets):
            if isinstance(found, Refusal):
                continue
            with contextlib.suppress(Refusal):
                message = decode(found, Side.CLIENT)
                if isinstance(message, Login):
                    self._word = message.client or ""
                if isinstance(message, Pm | Dm) and self._word:
                    octets = octets.replace(found, self._renamed(found, message.id))
        return octets

    def to_client(self, message: Message) -> Message:
        if isinstance(message, Ok | Error) and message.re in self._names:
            return replace(message, re=self._names[message.re])
        return message

    def _renamed(self, document: bytes, id: str) -> bytes:
        """The same document under an id of the same length, so that the frame stays what it is."""
        if (self._word, id) not in self._before:
            self._before.add((self._word, id))
            return document
        other = f"{len(self._before):x}".rjust(len(id), "_")
        self._before.add((self._word, other))
        self._names[other] = id
        return re.sub(rb'id="[^"]*"', b'id="' + other.encode() + b'"', document, count=1)


class BrokenServer:
    """At `address`, in front of the sound one at `upstream`, until the block is left."""

    def __init__(self, upstream: Address, harm: Callable[[], Harm]) -> None:
        self._upstream = upstream
        self._harm = harm
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address: Address = self._listening.getsockname()
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="broken-server")]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listening.close()
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(self._upstream)
            for end in (client, server):
                # Else the system waits for more before it sends.
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ends.append(end)
            harm = self._harm()
            for run, source, target in ((self._up, client, server), (self._down, server, client)):
                self._threads.append(threading.Thread(target=run, args=(harm, source, target), name="broken-server"))
                self._threads[-1].start()

    def _up(self, harm: Harm, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := client.recv(65_536):
                server.sendall(harm.to_server(octets))
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _down(self, harm: Harm, server: socket.socket, client: socket.socket) -> None:
        frames = FrameReader(MAX_SERVER_DOCUMENT)
        with contextlib.suppress(OSError, HungUp):
            while octets := server.recv(65_536):
                for document in frames.feed(octets):
                    assert isinstance(document, bytes)
                    message = decode(document, Side.SERVER)
                    harmed = harm.to_client(message)
                    client.sendall(frame(document if harmed is message else encode(harmed)))
        for end in (server, client):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
