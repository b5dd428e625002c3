"""The one thread that sends, for all connections.

It never waits for a client: a socket that takes no more is left until it does, and everyone else goes on.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from server.clock import Clock
from server.outbox import Outbox
from server.recorder import Recorder
from server.transport import Source

#: Seconds between looks at who is behind.
_LOOK = 1.0


@dataclass(slots=True)
class _Line:
    """A connection as this thread sees it."""

    number: int
    socket: socket.socket
    outbox: Outbox
    #: The outbox itself, or what seals its content.
    source: Source
    #: To be called when it has stalled for too long.
    give_up: Callable[[], None]
    #: When it was found unable to take more; None while it is.
    stalled: float | None = None


class Delivery:
    """`start`, then `attach` each connection; `stop` when all are finished."""

    def __init__(self, clock: Clock, stalled_after: float, recorder: Recorder | None) -> None:
        self._clock = clock
        self._stalled_after = stalled_after
        self._recorder = recorder
        # Appending to and popping from a deque is atomic, so these need no lock.
        self._ready: deque[Outbox] = deque()
        self._lines: dict[Outbox, _Line] = {}
        self._selector = selectors.DefaultSelector()
        self._blocked: set[Outbox] = set()
        # A byte in this pair wakes the thread; _awake says that one is on its way, so that a batch costs one.
        self._waker, self._wakened = socket.socketpair()
        self._waker.setblocking(False)
        self._wakened.setblocking(False)
        self._awake = False
        self._selector.register(self._wakened, selectors.EVENT_READ)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="delivery")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, if it was started, and waits for it. What is still queued is dropped."""
        self._stopping = True
        self._wake()
        if self._thread.ident is not None:
            self._thread.join()
        self._selector.close()
        self._waker.close()
        self._wakened.close()

    def attach(
        self,
        number: int,
        connected: socket.socket,
        outbox: Outbox,
        give_up: Callable[[], None],
        source: Source | None = None,
    ) -> None:
        """The socket must be blocking and stays open until the outbox is finished.

        What is sent comes from `source`, where it is not the outbox itself. `give_up` is called in the delivery thread
        when the client has taken nothing for too long; it must not block.
        """
        self._lines[outbox] = _Line(number, connected, outbox, source or outbox, give_up)
        # It may have been filled or closed before, and was passed over when it called.
        self.ready(outbox)

    def ready(self, outbox: Outbox) -> None:
        """There is something to do for this outbox. Called from any thread."""
        self._ready.append(outbox)
        self._wake()

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            with contextlib.suppress(BlockingIOError):
                self._waker.send(b"\0")

    def _run(self) -> None:
        looked = self._clock.monotonic()
        while not self._stopping:
            for key, _ in self._selector.select(_LOOK):
                if key.data is None:
                    # First the flag, then the work: whoever comes in between wakes us once more.
                    self._wakened.recv(4096)
                    self._awake = False
                else:
                    self._serve(key.data)
            while self._ready:
                self._serve(self._ready.popleft())
            now = self._clock.monotonic()
            if now - looked >= _LOOK:
                looked = now
                self._give_up_on_stalled(now)

    def _serve(self, outbox: Outbox) -> None:
        line = self._lines.get(outbox)
        if line is None:
            return
        source = line.source
        while chunk := source.take():
            try:
                count = self._send(line, chunk)
            except BlockingIOError:
                self._await_room(line)
                return
            except OSError:
                outbox.abandon()
                break
            line.stalled = None
            if not source.sent(count):
                break
        self._no_longer_blocked(line)
        if source.drained:
            self._finish(line)

    def _send(self, line: _Line, chunk: bytes) -> int:
        # What is sealed was recorded before it was.
        if self._recorder is None or line.source is not line.outbox:
            return line.socket.send(chunk, socket.MSG_DONTWAIT)
        taken = self._recorder.sending(line.number, chunk)
        count = 0
        try:
            count = line.socket.send(chunk, socket.MSG_DONTWAIT)
        finally:
            taken(count)
        return count

    def _await_room(self, line: _Line) -> None:
        if line.stalled is None:
            line.stalled = self._clock.monotonic()
        if line.outbox not in self._blocked:
            self._blocked.add(line.outbox)
            self._selector.register(line.socket, selectors.EVENT_WRITE, line.outbox)

    def _no_longer_blocked(self, line: _Line) -> None:
        if line.outbox in self._blocked:
            self._blocked.remove(line.outbox)
            self._selector.unregister(line.socket)

    def _give_up_on_stalled(self, now: float) -> None:
        for outbox in list(self._blocked):
            line = self._lines[outbox]
            if line.stalled is not None and now - line.stalled >= self._stalled_after:
                line.give_up()

    def _finish(self, line: _Line) -> None:
        with contextlib.suppress(OSError):
            line.socket.shutdown(socket.SHUT_WR)
        del self._lines[line.outbox]
        line.outbox.finished.set()
