"""From the thread that draws to the server: sending may have to wait, and drawing may not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue

from client.connection import Client
from schema.errors import ChatError, Unsendable
from schema.messages import Command, Error, Message, Ping


class Outflow:
    """Submits commands in a thread of its own, in the order in which they are given."""

    def __init__(self, client: Client, answer: Callable[[Message, Command | Ping], None]) -> None:
        """`answer` is called, in another thread, with what answers `ask`, and an error for what could not be sent."""
        self._client = client
        self._answer = answer
        # Commands, and whether they are ours.
        self._waiting: SimpleQueue[tuple[Command | Ping, bool] | None] = SimpleQueue()
        #: What the person wanted and could not be submitted any more; complete after `finish`.
        self.rest: list[Command | Ping] = []
        self._thread = threading.Thread(target=self._send, name="client-outflow")
        self._thread.start()

    def send(self, command: Command | Ping) -> None:
        """Sends what the person wants; the answer is among the client's exchanges."""
        self._waiting.put((command, False))

    def ask(self, command: Command | Ping) -> None:
        """Sends what the screen itself wants to know; nobody waits for the answer when the person leaves."""
        self._waiting.put((command, True))

    def finish(self) -> None:
        """Waits until everything given is submitted, or the conversation has ended. May be called again."""
        self._waiting.put(None)
        self._thread.join()

    def _send(self) -> None:
        while (item := self._waiting.get()) is not None:
            command, is_ours = item
            try:
                answer = self._client.submit(command, quiet=is_ours)
                if is_ours:
                    answer.add_done_callback(partial(self._answered, command))
            except Unsendable as error:
                self._answer(Error(re=command.id, code="unsendable", action="modify", text=str(error)), command)
            except ChatError:
                # Why is told to who finds that the conversation has ended.
                if not is_ours:
                    self.rest.append(command)

    def _answered(self, command: Command | Ping, answer: Future[Message]) -> None:
        if answer.exception() is None:
            self._answer(answer.result(), command)
