"""Those who flood a server, in a process of their own: `python -m tests.chaos.attackers KIND HOST PORT CONNECTIONS`.

They come from fifty addresses and each does what it does again and again, until the process is killed. They are as fast
as a flood that comes over a network, not as fast as this machine could be, and give way to the server: otherwise what
they take of the processor would be measured.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from itertools import count

from schema.codec import encode
from schema.framing import frame
from schema.messages import Login, Pm
from tests.chaos.target import PASSWORD

#: Whose passwords are guessed: victim0, victim1, and so on, to be registered before. So many that what holds for one
#: account does not stop the guessing.
VICTIM = "victim"
VICTIMS = 20
#: Who is logged in and then slow: loris0, loris1, and so on, to be registered before.
LORIS = "loris"

#: Connections made in a second, by all together.
_CONNECTS = 200.0
#: Seconds between two things that one connection sends.
_PAUSE = {"slow-loris": 1.0, "logins": 0.2, "registrations": 0.2}

_NICENESS = 19
_READ = 64 * 1024

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Attackers:
    def __init__(self, kind: str, host: str, port: int) -> None:
        self._act = _ACTS[kind]
        self._pause = _PAUSE.get(kind, 0.0)
        self._address = host, port
        self._numbers = count()
        self._turn = asyncio.Lock()

    async def run(self, connections: int) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(connections):
                group.create_task(self._again_and_again(number))
            print("attacking", flush=True)

    async def _again_and_again(self, number: int) -> None:
        while True:
            async with self._turn:
                await asyncio.sleep(1 / _CONNECTS)
            try:
                reader, writer = await asyncio.open_connection(
                    *self._address, local_addr=(f"127.0.1.{1 + number % 50}", 0)
                )
            except OSError:
                continue
            try:
                await self._act(self, number, (reader, writer))
            except (OSError, EOFError):
                pass
            finally:
                writer.close()

    async def _slow(self, number: int, streams: Streams) -> None:
        """An octet a second of a login; every other one is logged in before, and it is an octet of a message."""
        reader, writer = streams
        reading = asyncio.create_task(_read_to_the_end(reader))
        octets = frame(encode(Login(id="1", name=f"{LORIS}{number}", password=PASSWORD)))
        if number % 2:
            writer.write(octets)
            octets = frame(encode(Pm(id="2", text="x" * 100)))
        for octet in octets:
            await asyncio.sleep(self._pause)
            if reading.done():
                return
            writer.write(bytes([octet]))
        await reading

    async def _idle(self, number: int, streams: Streams) -> None:
        await _read_to_the_end(streams[0])

    async def _guess(self, number: int, streams: Streams) -> None:
        """A wrong password, and the next when that is answered."""
        while True:
            guess = next(self._numbers)
            await self._ask(streams, Login(id="1", name=f"{VICTIM}{guess % VICTIMS}", password=f"guess {guess}"))

    async def _register(self, number: int, streams: Streams) -> None:
        """A new name, and when it is registered, another on a new connection."""
        name = f"bot{os.getpid()}-{next(self._numbers)}"
        while b"<welcome" not in await self._ask(streams, Login(id="1", name=name, password=PASSWORD, register=True)):
            pass

    async def _ask(self, streams: Streams, login: Login) -> bytes:
        reader, writer = streams
        writer.write(frame(encode(login)))
        said = b""
        while b're="1"' not in said:
            octets = await reader.read(_READ)
            if not octets:
                raise EOFError
            said += octets
        await asyncio.sleep(self._pause)
        return said


async def _read_to_the_end(reader: asyncio.StreamReader) -> None:
    try:
        while await reader.read(_READ):
            pass
    except OSError:
        pass


Act = Callable[[Attackers, int, Streams], Awaitable[None]]

_ACTS: dict[str, Act] = {
    "slow-loris": Attackers._slow,
    "idle": Attackers._idle,
    "logins": Attackers._guess,
    "registrations": Attackers._register,
}

if __name__ == "__main__":
    os.nice(_NICENESS)
    asyncio.run(Attackers(sys.argv[1], sys.argv[2], int(sys.argv[3])).run(int(sys.argv[4])))
