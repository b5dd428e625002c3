"""A server that does nothing but answer: `python -m tests.chaos.null_server LOGIN_WITHIN`.

A flood of it costs the machine what the flooders take, and what a server cannot avoid. So whoever is measured beside it
has the same company as under a flood, and the difference is what our server makes of one.
"""

from __future__ import annotations

import asyncio
import sys

from schema.codec import encode
from schema.framing import FrameReader, frame
from schema.messages import Error, Greeting, Protocol

_READ = 64 * 1024
_GREETING = frame(
    encode(Greeting(server="null", version="0", time="2026-01-01T00:00:00.000Z", protocols=(Protocol(1, 0),)))
)
#: The attackers number every login so, and do not look at why it is refused.
_REFUSAL = frame(encode(Error(re="1", code="throttled", text="No.", action="wait")))


async def _serve(login_within: float) -> None:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = FrameReader()
        try:
            writer.write(_GREETING)
            async with asyncio.timeout(login_within) as deadline:
                while octets := await reader.read(_READ):
                    for _ in frames.feed(octets):
                        deadline.reschedule(None)
                        writer.write(_REFUSAL)
        except (OSError, TimeoutError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
