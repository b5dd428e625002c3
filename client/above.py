"""Writes to the terminal: above the line that is being typed, or at once where nobody types.

prompt_toolkit draws a line in the thread that reads it, and knows what stands where only if nothing else is written
meanwhile. Its own `patch_stdout` asks whether a line is being typed and writes afterwards, when one may just have been
drawn; here nobody begins to type before the others have written to the end, and from then on they hand over.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from typing import TextIO

from prompt_toolkit.application import get_app, in_terminal

from client.safe import put

#: Texts that wait to be written; who brings more waits. Twenty times a second so many is more than a server sends, and
#: a terminal that takes nothing does not fill the memory.
MAX_HELD = 1000

#: Seconds between two texts above the same line, as it is drawn anew each time. Fewer than anybody notices.
_PAUSE = 0.05


class Above:
    """A stream for `put`, for several threads. What was put first is written first, whoever put it.

    What a signal interrupts while it is written may be written twice: that is better than not at all.
    """

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        # Guards all below; nobody writes while holding it. Entered as itself and not through the condition, whose
        # methods are Python: a signal that raises in one of them would leave it locked for ever.
        self._lock = threading.RLock()
        # Says when they change.
        self._changed = threading.Condition(self._lock)
        #: Removed when it has been written; `write` appends.
        self._held: deque[str] = deque()
        #: Whether a line is read: then the thread that reads it writes, and no other.
        self._typed = False
        #: Tells the loop that draws the line, once it runs, that something is held.
        self._more: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        #: The thread that writes while nobody types.
        self._writer: int | None = None

    def write(self, text: str) -> None:
        """Takes whole lines, to be written by `flush`. Waits while too much is held.

        Not for the thread that reads the line, while it does.
        """
        with self._lock:
            self._changed.wait_for(lambda: len(self._held) < MAX_HELD or self._is_free())
            self._held.append(text)

    def flush(self) -> None:
        """Writes what is held, or hands it over to be written above the line. Raises OSError."""
        try:
            if self._may_write():
                self._write_held()
            else:
                self._hand_over()
        finally:
            self._stop_writing()

    @contextlib.contextmanager
    def typing(self) -> Iterator[None]:
        """Somebody types: what comes is held, and from `begin` on written above the line."""
        try:
            with self._lock:
                self._typed = True
                self._wait_for_writer(threading.get_ident())
            yield
        finally:
            self.close()

    def begin(self) -> None:
        """For `pre_run` of the prompt: its loop runs, and nothing is drawn yet. Raises OSError."""
        self._write_held()
        more = asyncio.Event()
        with self._lock:
            self._more = asyncio.get_running_loop(), more
            if self._held:
                more.set()
        get_app().create_background_task(self._follow(more))

    def close(self) -> None:
        """Nobody types any more: what is held is written. May be done twice, and more may come. Raises OSError."""
        with self._lock:
            self._typed = False
            self._more = None
            self._changed.notify_all()
        self.flush()

    def _may_write(self) -> bool:
        """Waits for who writes now. False where somebody types, who then writes, and where nothing is held."""
        me = threading.get_ident()
        with self._lock:
            self._wait_for_writer(me)
            if self._held and not self._typed:
                self._writer = me
            return self._writer == me

    def _wait_for_writer(self, me: int) -> None:
        """Not for oneself: a signal may have kept this thread from saying that it has stopped."""
        self._changed.wait_for(lambda: self._writer in (None, me))

    def _is_free(self) -> bool:
        """Whether nobody is there who would make room."""
        return not self._typed and self._writer is None

    def _stop_writing(self) -> None:
        with self._lock:
            if self._writer == threading.get_ident():
                self._writer = None
                self._changed.notify_all()

    def _write_held(self) -> None:
        """Writes what is held by now. Not more, or it would go on for as long as others bring more."""
        with self._lock:
            texts = tuple(self._held)
        for text in texts:
            put(text.removesuffix("\n"), self._terminal)
            with self._lock:
                self._held.popleft()
                self._changed.notify_all()

    def _hand_over(self) -> None:
        with self._lock:
            more = self._more
        if more is not None:
            loop, event = more
            # A loop that has just been closed raises; then who typed writes what is held.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(event.set)

    async def _follow(self, more: asyncio.Event) -> None:
        """Writes above the line until it is sent."""
        try:
            while True:
                await more.wait()
                more.clear()
                async with in_terminal():
                    self._write_held()
                await asyncio.sleep(_PAUSE)
        except OSError as error:
            app = get_app()
            if app.is_running and not app.is_done:
                app.exit(exception=error)
