"""The one thread that sends, for all connections.

What is to be sent, to one connection or to a whole room, comes through one queue and is sent in that order. A frame for
a room goes straight from there to every socket; an outbox holds what a socket does not take. The thread never waits for
a client: a socket that takes no more is left until it does, and everyone else goes on.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from server.clock import Clock
from server.line import Addressee, Line
from server.recorder import Recorder

#: Seconds between looks at who is behind.
_LOOK = 1.0

#: Octets for one audience that are joined into one send, where they have gathered: as large as an outbox's chunk.
_MAX_JOINED = 256 * 1024

#: Octets for rooms that may be queued, each counted once however many it is for: over this the journal waits, so that
#: nothing is taken in faster than it can be sent.
_MAX_BACKLOG = 4 * 1024 * 1024


Audience = Sequence[Addressee]

#: Frames and whom they are for; or what else to do.
_Work = tuple[Audience, bytes] | Callable[[], None]


class Delivery:
    """`start`, then `attach` each connection; `stop` when all are finished. What is queued is done in its order.

    All methods but `start` and `stop` may be called from any thread and do not block, except `wait_for_room`.
    """

    def __init__(self, clock: Clock, stalled_after: float, recorder: Recorder | None) -> None:
        self._clock = clock
        self._stalled_after = stalled_after
        self._recorder = recorder
        self._queue: SimpleQueue[_Work] = SimpleQueue()
        self._selector = selectors.DefaultSelector()
        self._blocked: set[Line] = set()
        # Whether the thread waits for a socket, so that who queues something has to wake it with a byte in this pair.
        self._asleep = False
        self._waker, self._wakened = socket.socketpair()
        self._waker.setblocking(False)
        self._wakened.setblocking(False)
        self._selector.register(self._wakened, selectors.EVENT_READ)
        # Octets for rooms: those queued are counted by the one who queues them, the journal, the others by the thread.
        self._broadcast = 0
        self._delivered = 0
        self._room = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="delivery")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, if it was started, and waits for it. What is still queued is dropped."""
        self._stopping = True
        self._do(lambda: None)
        if self._thread.ident is not None:
            self._thread.join()
        self._room.set()
        self._selector.close()
        self._waker.close()
        self._wakened.close()

    def attach(self, line: Line) -> None:
        """From now on the line is served. Its socket must be blocking and stays open until the outbox is finished."""
        line.direct = self._recorder is None and line.source is line.outbox
        self._do(lambda: self._attach(line))

    def send(self, line: Line, frames: bytes) -> None:
        """Queues whole frames for one."""
        self._do(lambda: self._put(line, frames))

    def broadcast(self, audience: Audience, frames: bytes) -> None:
        """Queues whole frames for many. For one thread alone, the journal's."""
        self._broadcast += len(frames)
        self._queue.put((audience, frames))
        self._wake()

    def wait_for_room(self) -> None:
        """Waits, in the journal's thread, while more is queued for rooms than is sent in a moment."""
        while self._broadcast - self._delivered > _MAX_BACKLOG and not self._stopping:
            self._room.wait()
            self._room.clear()

    def serve(self, line: Line) -> None:
        """There may be something to send on this line that stands in no frame."""
        self._do(lambda: self._serve(line))

    def close(self, line: Line, last: bytes = b"", *, drop: bool = False) -> None:
        """Sends what is queued and then `last`, and no more. With `drop` only what has begun to be sent, and `last`."""
        line.outbox.closing = True
        self._do(lambda: self._close(line, last, drop))

    def abandon(self, line: Line) -> None:
        """Sends nothing more: the connection is dead."""
        line.outbox.closing = True
        self._do(lambda: self._abandon(line))

    def _do(self, work: Callable[[], None]) -> None:
        self._queue.put(work)
        self._wake()

    def _wake(self) -> None:
        if self._asleep:
            self._asleep = False
            with contextlib.suppress(BlockingIOError):
                self._waker.send(b"\0")

    def _run(self) -> None:
        looked = self._clock.monotonic()
        while not self._stopping:
            self._work_off(self._next())
            now = self._clock.monotonic()
            if now - looked >= _LOOK:
                looked = now
                self._give_up_on_stalled(now)

    def _next(self) -> _Work | None:
        """What to do next; None where nothing came for a while."""
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
        for key, _ in self._selector.select(_LOOK if self._queue.empty() else 0):
            if key.data is None:
                self._wakened.recv(4096)
            else:
                self._serve(key.data)
        self._asleep = False

    def _work_off(self, work: _Work | None) -> None:
        while work is not None:
            following = None
            if isinstance(work, tuple):
                audience, frames = work
                frames, following = self._gather(audience, frames)
                self._fan_out(audience, frames)
                self._delivered += len(frames)
                self._room.set()
            else:
                work()
            work = following

    def _gather(self, audience: Audience, frames: bytes) -> tuple[bytes, _Work | None]:
        """The frames with what has come for the same audience meanwhile, and what was queued behind that."""
        gathered, size = [frames], len(frames)
        while size < _MAX_JOINED:
            try:
                following = self._queue.get_nowait()
            except Empty:
                following = None
            if not isinstance(following, tuple) or following[0] is not audience:
                return b"".join(gathered), following
            gathered.append(following[1])
            size += len(following[1])
        return b"".join(gathered), None

    def _fan_out(self, audience: Audience, frames: bytes) -> None:
        size = len(frames)
        for addressee in audience:
            line = addressee.line
            if not (line.direct and line.outbox.empty):
                self._put(line, frames)
                continue
            try:
                count = line.socket.send(frames, socket.MSG_DONTWAIT)
            except BlockingIOError:
                count = 0
            except OSError:
                self._abandon(line)
                continue
            if count < size:
                line.outbox.put_rest(frames[count:])
                self._await_room(line)

    def _attach(self, line: Line) -> None:
        line.attached = True
        self._serve(line)

    def _put(self, line: Line, frames: bytes) -> None:
        if not line.outbox.put(frames) and not line.outbox.closing:
            line.too_slow()
        if line.stalled is None:
            self._serve(line)

    def _close(self, line: Line, last: bytes, drop: bool) -> None:
        line.outbox.close(last, drop=drop)
        self._serve(line)

    def _abandon(self, line: Line) -> None:
        line.outbox.abandon()
        self._serve(line)

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

    def _no_longer_blocked(self, line: Line) -> None:
        line.stalled = None
        if line in self._blocked:
            self._blocked.remove(line)
            self._selector.unregister(line.socket)

    def _give_up_on_stalled(self, now: float) -> None:
        for line in list(self._blocked):
            if line.stalled is not None and now - line.stalled >= self._stalled_after:
                line.give_up()

    def _finish(self, line: Line) -> None:
        line.attached = False
        with contextlib.suppress(OSError):
            line.socket.shutdown(socket.SHUT_WR)
        line.outbox.finished.set()
