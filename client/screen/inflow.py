"""From the thread that receives to the thread that draws."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque

from client.connection import Client
from schema.errors import ChatError
from schema.messages import Command, Message, Ping

Exchange = tuple[Message, Command | Ping | None]

#: Exchanges that wait to be shown; whoever brings more waits. A few redraws' worth of a flood.
MAX_WAITING = 1_000


class Inflow:
    """Follows a client in a thread of its own. `take` and `arrived` are for the loop that draws."""

    def __init__(self, client: Client) -> None:
        self._client = client
        # Guards all below.
        self._lock = threading.Lock()
        # Says that there is room again, or that nobody takes any more.
        self._room = threading.Condition(self._lock)
        self._waiting: deque[Exchange] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._arrived = asyncio.Event()
        #: Nothing more comes.
        self.ended = False
        self._stopped = False
        self._thread = threading.Thread(target=self._follow, name="client-inflow")

    def start(self) -> None:
        """In the loop that draws."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def stop(self) -> None:
        """Nobody takes any more: what comes is dropped, until the conversation ends."""
        with self._lock:
            self._stopped = True
            self._room.notify_all()

    def join(self) -> None:
        """After the conversation has ended."""
        if self._thread.ident is not None:
            self._thread.join()

    def put(self, message: Message, command: Command | Ping | None) -> None:
        """Something of our own, from any thread. Waits while too much waits."""
        with self._lock:
            self._room.wait_for(lambda: len(self._waiting) < MAX_WAITING or self._stopped)
            self._waiting.append((message, command))
            first = len(self._waiting) == 1
        if first:
            self._wake()

    def take(self, most: int) -> list[Exchange]:
        """What has come, up to so many."""
        with self._lock:
            taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
            self._room.notify_all()
        return taken

    async def arrived(self) -> None:
        """Waits until something comes, or until nothing will."""
        await self._arrived.wait()
        self._arrived.clear()

    def _follow(self) -> None:
        # Why it ended is told to who sends the next command.
        with contextlib.suppress(ChatError):
            for message, command in self._client.exchanges():
                if not self._stopped:
                    self.put(message, command)
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        assert self._loop is not None
        # A loop that has been closed draws no more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._arrived.set)
