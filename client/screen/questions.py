"""Asking the person at the screen for a secret, from another thread."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from client.safe import safe


class Questions:
    """An `Asker` (client/asker.py) for a worker thread; the rest but `finish` and `end` is for the loop."""

    def __init__(self, show: Callable[[], None], tell: Callable[[str], None]) -> None:
        """`show` is called in the loop when there is a question, or none any more; `tell` from the worker."""
        self._show = show
        self._tell = tell
        self._loop: asyncio.AbstractEventLoop | None = None
        # Guards all below; nobody is called while it is held.
        self._lock = threading.Lock()
        self._answer: Future[str] | None = None
        # What was typed before it was asked.
        self._ahead: deque[str | None] = deque()
        self._over = False
        #: Whether there are questions: what is typed is for them, and is no line of the chat.
        self.open = False
        #: What is asked now; empty where nothing is.
        self.question = ""

    def begin(self) -> None:
        """In the loop: a worker will ask."""
        self._loop = asyncio.get_running_loop()
        with self._lock:
            self.open = not self._over
            self._ahead.clear()
        self._show()

    def finish(self) -> None:
        """For the worker: it has asked all."""
        with self._lock:
            self.open = False
        self._wake()

    def end(self) -> None:
        """Nobody answers any more."""
        with self._lock:
            self._over = True
            self.open = False
        self.reply(None)

    def reply(self, said: str | None) -> None:
        """The person's answer; None where they do not want to give one. It waits for its question where need be."""
        with self._lock:
            answer, self._answer, self.question = self._answer, None, ""
            if answer is None:
                self._ahead.append(said)
        if answer is not None:
            _give(answer, said)
        self._show()

    def ask(self, question: str) -> str:
        return self.ask_secret(question)

    def ask_secret(self, question: str) -> str:
        answer: Future[str] = Future()
        with self._lock:
            if self._over:
                raise EOFError
            if self._ahead:
                _give(answer, self._ahead.popleft())
            else:
                self.question, self._answer = safe(question), answer
        self._wake()
        return answer.result()

    def tell(self, sentence: str) -> None:
        self._tell(sentence)

    def _wake(self) -> None:
        assert self._loop is not None
        # One that has been closed shows nothing any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._show)


def _give(answer: Future[str], said: str | None) -> None:
    if said is None:
        answer.set_exception(EOFError())
    else:
        answer.set_result(said)
