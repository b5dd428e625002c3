"""Sending, for all connections, without ever waiting for a client.

What is for a room is sent where the journal is at work, straight to every socket, when it is on disk: to hand it to
another thread took longer than the sending, since both then wanted the interpreter at every send. All else is queued
for one thread of its own: answers of the readers, goodbyes, and what a socket did not take. A socket that takes no more
is left until it does, and everyone else goes on.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue

from server.clock import Clock
from server.line import Addressee, Line
from server.recorder import Recorder

#: Seconds between looks at who is behind.
_LOOK = 1.0


class Delivery:
    """`start`, then `attach` each connection; `stop` when all are finished. What is queued is done in its order.

    All methods but `start` and `stop` may be called from any thread; none waits for a client.
    """

    def __init__(self, clock: Clock, stalled_after: float, recorder: Recorder | None) -> None:
        self._clock = clock
        self._stalled_after = stalled_after
        self._recorder = recorder
        # Lines with something in their inbox, or that TLS has something to say on; None only wakes the thread.
        self._queue: SimpleQueue[Line | None] = SimpleQueue()
        # Guards every line that is attached, _blocked, the selector's list of sockets and _calls. Held while something
        # is sent, which does not wait.
        self._lock = threading.Lock()
        # Whom to tell about their lines when the lock is released.
        self._calls: list[Callable[[], None]] = []
        self._selector = selectors.DefaultSelector()
        self._blocked: set[Line] = set()
        # Whether the thread waits for a socket, so that who queues something has to wake it with a byte in this pair.
        self._asleep = False
        self._waker, self._wakened = socket.socketpair()
        self._waker.setblocking(False)
        self._wakened.setblocking(False)
        self._selector.register(self._wakened, selectors.EVENT_READ)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="delivery")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, if it was started, and waits for it. What is still queued is dropped."""
        self._stopping = True
        self._call(None)
        if self._thread.ident is not None:
            self._thread.join()
        self._selector.close()
        self._waker.close()
        self._wakened.close()

    def attach(self, line: Line) -> None:
        """From now on the line is served. Its socket must be blocking and stays open until the outbox is finished."""
        line.direct = self._recorder is None and line.source is line.outbox

        def begin() -> None:
            line.attached = True

        self._do(line, begin)

    def send(self, line: Line, frames: bytes) -> None:
        """Queues whole frames for one."""
        self._do(line, frames)

    def broadcast(self, audience: Sequence[Addressee], frames: bytes) -> None:
        """Sends whole frames to many, now, and to each of them behind what has been queued for it."""
        with self._at_the_lines():
            for addressee in audience:
                self._deliver(addressee.line, frames)

    def serve(self, line: Line) -> None:
        """There may be something to send on this line that stands in no frame."""
        self._call(line)

    def close(self, line: Line, last: bytes = b"", *, drop: bool = False) -> None:
        """Sends what is queued and then `last`, and no more. With `drop` only what has begun to be sent, and `last`."""
        line.outbox.closing = True
        self._do(line, lambda: line.outbox.close(last, drop=drop))

    def abandon(self, line: Line) -> None:
        """Sends nothing more: the connection is dead."""
        line.outbox.closing = True
        self._do(line, line.outbox.abandon)

    @contextlib.contextmanager
    def _at_the_lines(self) -> Iterator[None]:
        with self._lock:
            yield
            calls, self._calls = self._calls, []
        for call in calls:
            call()

    def _do(self, line: Line, work: bytes | Callable[[], None]) -> None:
        line.inbox.put(work)
        self._call(line)

    def _call(self, line: Line | None) -> None:
        self._queue.put(line)
        self._wake()

    def _wake(self) -> None:
        if self._asleep:
            self._asleep = False
            with contextlib.suppress(BlockingIOError):
                self._waker.send(b"\0")

    def _run(self) -> None:
        looked = self._clock.monotonic()
        while not self._stopping:
            line = self._next()
            now = self._clock.monotonic()
            with self._at_the_lines():
                if line is not None:
                    self._take_in(line)
                    self._serve(line)
                if now - looked >= _LOOK:
                    looked = now
                    self._give_up_on_stalled(now)

    def _next(self) -> Line | None:
        """The next line that has something; None where none came for a while."""
        with contextlib.suppress(Empty):
            if not self._blocked:
                return self._queue.get(timeout=_LOOK)
            self._serve_blocked()
            return self._queue.get_nowait()
        return None

    def _serve_blocked(self) -> None:
        """Serves the sockets that take something again; waits for one, or for something in the queue."""
        # First the flag, then the look: whoever queues something in between wakes us.
        self._asleep = True
        found = self._selector.select(_LOOK if self._queue.empty() else 0)
        self._asleep = False
        with self._at_the_lines():
            for key, _ in found:
                if key.data is None:
                    self._wakened.recv(4096)
                else:
                    self._serve(key.data)

    def _deliver(self, line: Line, frames: bytes) -> None:
        if not (line.inbox.empty() and line.direct and line.outbox.empty):
            self._take_in(line)
            self._put(line, frames)
            if line.stalled is None:
                self._serve(line)
            return
        try:
            count = line.socket.send(frames, socket.MSG_DONTWAIT)
        except BlockingIOError:
            count = 0
        except OSError:
            line.outbox.abandon()
            self._serve(line)
            return
        if count < len(frames):
            line.outbox.put_rest(frames[count:])
            self._await_room(line)

    def _take_in(self, line: Line) -> None:
        """Does what was asked for, up to the sending."""
        while not line.inbox.empty():
            work = line.inbox.get_nowait()
            if isinstance(work, bytes):
                self._put(line, work)
            else:
                work()

    def _put(self, line: Line, frames: bytes) -> None:
        if not line.outbox.put(frames) and not line.outbox.closing:
            self._calls.append(line.too_slow)

    def _serve(self, line: Line) -> None:
        if not line.attached:
            return
        source = line.source
        while chunk := source.take():
            try:
                count = self._send(line, chunk)
            except BlockingIOError:
                self._await_room(line)
                return
            except OSError:
                line.outbox.abandon()
                break
            line.stalled = None
            if not source.sent(count):
                break
        self._no_longer_blocked(line)
        if source.drained:
            self._finish(line)

    def _send(self, line: Line, chunk: bytes) -> int:
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

    def _await_room(self, line: Line) -> None:
        if line.stalled is None:
            line.stalled = self._clock.monotonic()
        if line not in self._blocked:
            self._blocked.add(line)
            self._selector.register(line.socket, selectors.EVENT_WRITE, line)
            # The thread may be waiting for its queue alone.
            self._call(None)

    def _no_longer_blocked(self, line: Line) -> None:
        line.stalled = None
        if line in self._blocked:
            self._blocked.remove(line)
            self._selector.unregister(line.socket)

    def _give_up_on_stalled(self, now: float) -> None:
        for line in list(self._blocked):
            if line.stalled is not None and now - line.stalled >= self._stalled_after:
                self._calls.append(line.give_up)

    def _finish(self, line: Line) -> None:
        line.attached = False
        with contextlib.suppress(OSError):
            line.socket.shutdown(socket.SHUT_WR)
        line.outbox.finish()
