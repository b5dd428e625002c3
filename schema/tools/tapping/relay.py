"""Stands between clients and a server: passes everything on in both directions, and notes it for whoever looks."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Callable

from schema.endpoint import endpoint
from schema.messages import Side
from schema.tools.line import Line, NoServer
from schema.tools.tapping.backlog import Backlog, Closed, Octets, Opened, Unserved

#: What accept may fail with because of one client alone: the next may be well.
_PASSING = {errno.ECONNABORTED, errno.EPROTO, errno.EINTR, errno.EPERM}

#: Seconds of pause after an accept that failed for want of descriptors: it would fail again at once.
_PAUSE = 0.2

Dial = Callable[[], Line]


class Relay:
    """`start`, then connections are passed on by themselves, each by two threads; `stop` cuts those there are."""

    def __init__(self, listening: socket.socket, server: str, dial: Dial, backlog: Backlog) -> None:
        """Takes over the listening socket. `dial` connects to the server; `server` is what it is called in places."""
        self._listening = listening
        self._server = server
        self._dial = dial
        self._backlog = backlog
        self._stopping = threading.Event()
        # The listening thread's, until that has ended.
        self._passages: list[_Passage] = []
        self._thread = threading.Thread(target=self._accept, name="tap-listener")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()
        for passage in self._passages:
            passage.cut()
        for passage in self._passages:
            passage.thread.join()

    def _accept(self) -> None:
        number = 0
        while not self._stopping.is_set():
            try:
                connected, address = self._listening.accept()
            except OSError as error:
                if not self._stopping.is_set() and error.errno not in _PASSING:
                    self._stopping.wait(_PAUSE)
                continue
            number += 1
            passage = _Passage(number, Line(connected), endpoint(*address[:2]), self._server, self._backlog)
            self._passages = [one for one in self._passages if one.thread.is_alive()]
            try:
                passage.start(self._dial)
            except RuntimeError:
                # No more threads to be had.
                passage.refuse("no thread could be started")
            else:
                self._passages.append(passage)


class _Passage:
    """One client's connection and ours to the server for it."""

    def __init__(self, number: int, client: Line, where: str, server: str, backlog: Backlog) -> None:
        self._number = number
        self._client = client
        self._server: Line | None = None
        self._names = where, server
        self._backlog = backlog
        # Guards _cut and _server, so that a connection made meanwhile is cut too.
        self._lock = threading.Lock()
        self._cut = False
        self.thread = threading.Thread(target=self._run, name=f"tap-{number}-client")

    def start(self, dial: Dial) -> None:
        """Raises RuntimeError where no thread can be started."""
        self._dial = dial
        self.thread.start()

    def refuse(self, reason: str) -> None:
        """The client finds its connection reset, as by a server that refuses it."""
        # Noted first, so that it stands before what the client does next.
        self._backlog.put(Unserved(self._number, self._names[0], reason, time.time_ns()))
        self._client.break_off()
        self._client.close()

    def cut(self) -> None:
        """Ends both connections, wherever somebody waits for them."""
        with self._lock:
            self._cut = True
            for line in (self._client, self._server):
                # A closed one has no number that could be another's by now.
                if line is not None and line.fileno() >= 0:
                    line.hang_up()

    def _run(self) -> None:
        try:
            server = self._dial()
        except NoServer as error:
            self.refuse(str(error))
            return
        with self._lock:
            self._server = server
            if self._cut:
                server.hang_up()
        self._backlog.put(Opened(self._number, *self._names, time.time_ns()))
        back = threading.Thread(
            target=self._pass_on, args=(Side.SERVER, server, self._client), name=f"tap-{self._number}-server"
        )
        try:
            self._client.be_patient(None)
            server.be_patient(None)
            back.start()
            self._pass_on(Side.CLIENT, self._client, server)
            back.join()
        except RuntimeError:
            # No second thread to be had.
            self.cut()
        with self._lock:
            seen = not self._cut
            self._client.close()
            server.close()
        self._backlog.put(Closed(self._number, seen, time.time_ns()))

    def _pass_on(self, sender: Side, source: Line, target: Line) -> None:
        """Until the sender ends its direction. What goes by is noted before it can be answered."""
        try:
            while octets := source.receive():
                self._backlog.put(Octets(self._number, sender, octets, time.time_ns()))
                try:
                    target.send(octets)
                except OSError:
                    # The receiver has gone: its own direction ends too, and the sender is told by the reset.
                    source.break_off()
                    return
        except OSError:
            target.break_off()
            return
        target.end_sending()
